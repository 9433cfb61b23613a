// /_matrix/client/v3/user/{userId}/account_data/{type} and that of rooms. Client-Server API, "Client Config".
#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

constexpr size_t kMaxBody = 1 << 20;

// Fills in the path's parts; `in_room` when {roomId} is one.
template <class Request>
absl::Status ReadPath(RequestContext& context, bool in_room, Request& request) {
  PARLEY_TRY(const UserId user, context.OwnUserParam("userId"));
  if (in_room) {
    PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
    request.set_room_id(room.str());
  }
  *request.mutable_requester() = context.requester().ToProto();
  request.set_user_id(user.str());
  request.set_type(context.Param("type"));
  return absl::OkStatus();
}

RouteHandler Get(accounts::AccountsService& service, bool in_room) {
  return [&service, in_room](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::GetAccountDataRequest request;
    PARLEY_RETURN_IF_ERROR(ReadPath(context, in_room, request));
    return ToAnswer(service.GetAccountData(context.call(), request));
  };
}

RouteHandler Set(accounts::AccountsService& service, bool in_room) {
  return [&service, in_room](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::SetAccountDataRequest request;
    PARLEY_RETURN_IF_ERROR(ReadPath(context, in_room, request));
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    request.set_content(context.RawBody());
    return ToEmptyAnswer(service.SetAccountData(context.call(), request));
  };
}

}  // namespace

void AddAccountDataRoutes(Router& router, const Deps& deps) {
  constexpr std::string_view kGlobal = "/_matrix/client/v3/user/{userId}/account_data/{type}";
  constexpr std::string_view kRoom = "/_matrix/client/v3/user/{userId}/rooms/{roomId}/account_data/{type}";
  for (const std::string_view path : {kGlobal, kRoom}) {
    const bool in_room = path == kRoom;
    router.Add({.method = "GET", .path = path, .handler = Get(deps.accounts, in_room)});
    router.Add({.method = "PUT",
                .path = path,
                .limit = Limit::kWrite,
                .max_body = kMaxBody,
                .handler = Set(deps.accounts, in_room)});
  }
}

}  // namespace parley::gateway
