// /_matrix/client/v3/user/{userId}/rooms/{roomId}/tags. Client-Server API, "Room Tagging".
#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

template <class Request>
absl::Status ReadPath(RequestContext& context, Request& request) {
  PARLEY_TRY(const UserId user, context.OwnUserParam("userId"));
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  *request.mutable_requester() = context.requester().ToProto();
  request.set_user_id(user.str());
  request.set_room_id(room.str());
  return absl::OkStatus();
}

RouteHandler Get(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::GetTagsRequest request;
    PARLEY_RETURN_IF_ERROR(ReadPath(context, request));
    return ToAnswer(service.GetTags(context.call(), request));
  };
}

RouteHandler Set(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::SetTagRequest request;
    PARLEY_RETURN_IF_ERROR(ReadPath(context, request));
    PARLEY_RETURN_IF_ERROR(context.Body().status());
    request.set_tag(context.Param("tag"));
    request.set_body(context.RawBody());
    return ToEmptyAnswer(service.SetTag(context.call(), request));
  };
}

RouteHandler Delete(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    accounts::DeleteTagRequest request;
    PARLEY_RETURN_IF_ERROR(ReadPath(context, request));
    request.set_tag(context.Param("tag"));
    return ToEmptyAnswer(service.DeleteTag(context.call(), request));
  };
}

}  // namespace

void AddTagRoutes(Router& router, const Deps& deps) {
  constexpr std::string_view kTag = "/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags/{tag}";
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/user/{userId}/rooms/{roomId}/tags",
              .handler = Get(deps.accounts)});
  router.Add({.method = "PUT", .path = kTag, .limit = Limit::kWrite, .handler = Set(deps.accounts)});
  router.Add({.method = "DELETE", .path = kTag, .limit = Limit::kWrite, .handler = Delete(deps.accounts)});
}

}  // namespace parley::gateway
