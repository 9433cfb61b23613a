// GET /_matrix/client/v3/joined_rooms, and the rooms shared with another user.
// Client-Server API, "Room membership".
#include <algorithm>
#include <vector>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"

namespace parley::gateway {
namespace {

absl::StatusOr<std::vector<std::string>> JoinedRooms(const RequestContext& context,
                                                     accounts::AccountsService& service, const UserId& user) {
  accounts::ListMembershipsRequest request;
  request.set_user_id(user.str());
  request.add_memberships("join");
  PARLEY_TRY(const auto response, service.ListMemberships(context.call(), request));
  std::vector<std::string> rooms;
  for (const accounts::Membership& membership : response.memberships()) rooms.push_back(membership.room_id());
  std::sort(rooms.begin(), rooms.end());
  return rooms;
}

json::Array ToJson(const std::vector<std::string>& rooms) { return {rooms.begin(), rooms.end()}; }

RouteHandler ListJoined(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const auto rooms, JoinedRooms(context, service, context.requester().user));
    return JsonAnswer(json::Object{{"joined_rooms", ToJson(rooms)}});
  };
}

RouteHandler ListMutual(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    const auto text = context.Query("user_id");
    if (!text) return MissingParam("Missing 'user_id'");
    PARLEY_TRY(const UserId other, UserId::Parse(*text));
    if (other == context.requester().user) return InvalidParam("You share all your rooms with yourself");
    PARLEY_TRY(const auto mine, JoinedRooms(context, service, context.requester().user));
    PARLEY_TRY(const auto theirs, JoinedRooms(context, service, other));
    std::vector<std::string> both;
    std::set_intersection(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(both));
    return JsonAnswer(json::Object{{"joined", ToJson(both)}, {"count", static_cast<int64_t>(both.size())}});
  };
}

}  // namespace

void AddJoinedRoomsRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/joined_rooms",
              .auth = Auth::kGuest,
              .handler = ListJoined(deps.accounts)});
  for (const std::string_view path : {"/_matrix/client/v1/mutual_rooms",
                                      "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms"}) {
    router.Add({.method = "GET", .path = path, .handler = ListMutual(deps.accounts)});
  }
}

}  // namespace parley::gateway
