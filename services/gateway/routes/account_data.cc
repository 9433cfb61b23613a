// /_matrix/client/v3/user/{userId}/account_data/{type} and that of rooms. Client-Server API, "Client Config".
#include "common/status/macros.h"
#include "parley/presence/v1/presence.parley.h"
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

// Unstable: whom a user lets see their presence, {"visibility": "rooms" | "direct" | "off"}.
constexpr std::string_view kPresenceAudience = "dev.parley.presence";
constexpr std::string_view kDirect = "m.direct";

// What the presence service is to know of this datum: nothing, of most.
std::optional<presence::SetAudienceRequest> AudienceIn(const accounts::SetAccountDataRequest& datum,
                                                       const json::Object& content) {
  presence::SetAudienceRequest request;
  request.set_user_id(datum.user_id());
  if (datum.type() == kPresenceAudience) {
    request.set_visibility(std::string(json::StringOr(content, "visibility", "")));
    return request;
  }
  if (datum.type() != kDirect) return std::nullopt;
  for (const auto& [user_id, rooms] : content) request.mutable_direct()->add_user_ids(user_id);
  return request;
}

// Presence comes first: it refuses what it does not know, and who repeats the request repeats both.
RouteHandler Set(const Deps& deps, bool in_room) {
  return [deps, in_room](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::SetAccountDataRequest request;
    PARLEY_RETURN_IF_ERROR(ReadPath(context, in_room, request));
    PARLEY_TRY(const json::Object* content, context.Body());
    request.set_content(context.RawBody());
    const auto audience = in_room ? std::nullopt : AudienceIn(request, *content);
    if (audience)
      PARLEY_RETURN_IF_ERROR(deps.presence.SetAudience(context.call(), *audience).status());
    return ToEmptyAnswer(deps.accounts.SetAccountData(context.call(), request));
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
                .handler = Set(deps, in_room)});
  }
}

}  // namespace parley::gateway
