// /_matrix/client/v3/room_keys/…. Client-Server API, "Server-side key backups".
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxBody = 8 << 20;

using Accounts = accounts::AccountsService;
using BackupMethod = absl::StatusOr<accounts::JsonResponse> (Accounts::*)(const rpc::Call&,
                                                                         const accounts::BackupRequest&);
using RoomKeysMethod = absl::StatusOr<accounts::JsonResponse> (Accounts::*)(const rpc::Call&,
                                                                           const accounts::RoomKeysRequest&);

RouteHandler OfVersion(Accounts& service, BackupMethod method, bool latest, bool has_body) {
  return [&service, method, latest, has_body](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::BackupRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    if (!latest) request.set_version(context.Param("version"));
    if (has_body) {
      PARLEY_RETURN_IF_ERROR(context.Body().status());
      request.set_body(context.RawBody());
    }
    return ToAnswer((service.*method)(context.call(), request));
  };
}

// `parts`: how much of {roomId}/{sessionId} the path has.
RouteHandler OfKeys(Accounts& service, RoomKeysMethod method, int parts, bool has_body) {
  return [&service, method, parts, has_body](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::RoomKeysRequest request;
    *request.mutable_requester() = context.requester().ToProto();
    const auto version = context.Query("version");
    if (!version || version->empty()) return MissingParam("Missing 'version'");
    request.set_version(std::string(*version));
    if (parts > 0) {
      PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
      request.set_room_id(room.str());
    }
    if (parts > 1) request.set_session_id(context.Param("sessionId"));
    if (has_body) {
      PARLEY_RETURN_IF_ERROR(context.Body().status());
      request.set_body(context.RawBody());
    }
    return ToAnswer((service.*method)(context.call(), request));
  };
}

void AddVersionRoutes(Router& router, Accounts& service) {
  constexpr std::string_view kLatest = "/_matrix/client/v3/room_keys/version";
  constexpr std::string_view kVersion = "/_matrix/client/v3/room_keys/version/{version}";
  router.Add({.method = "POST",
              .path = kLatest,
              .limit = Limit::kWrite,
              .handler = Forward(service, &Accounts::CreateBackup)});
  router.Add({.method = "GET", .path = kLatest, .handler = OfVersion(service, &Accounts::GetBackup, true, false)});
  router.Add({.method = "GET", .path = kVersion, .handler = OfVersion(service, &Accounts::GetBackup, false, false)});
  router.Add({.method = "PUT",
              .path = kVersion,
              .limit = Limit::kWrite,
              .handler = OfVersion(service, &Accounts::UpdateBackup, false, true)});
  router.Add({.method = "DELETE",
              .path = kVersion,
              .limit = Limit::kWrite,
              .handler = OfVersion(service, &Accounts::DeleteBackup, false, false)});
}

}  // namespace

void AddRoomKeyRoutes(Router& router, const Deps& deps) {
  AddVersionRoutes(router, deps.accounts);
  constexpr std::string_view kPaths[] = {"/_matrix/client/v3/room_keys/keys",
                                         "/_matrix/client/v3/room_keys/keys/{roomId}",
                                         "/_matrix/client/v3/room_keys/keys/{roomId}/{sessionId}"};
  for (int parts = 0; parts < 3; ++parts) {
    router.Add({.method = "GET",
                .path = kPaths[parts],
                .handler = OfKeys(deps.accounts, &Accounts::GetRoomKeys, parts, false)});
    router.Add({.method = "PUT",
                .path = kPaths[parts],
                .limit = Limit::kWrite,
                .max_body = kMaxBody,
                .handler = OfKeys(deps.accounts, &Accounts::PutRoomKeys, parts, true)});
    router.Add({.method = "DELETE",
                .path = kPaths[parts],
                .limit = Limit::kWrite,
                .handler = OfKeys(deps.accounts, &Accounts::DeleteRoomKeys, parts, false)});
  }
}

}  // namespace parley::gateway
