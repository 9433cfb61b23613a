// GET /_matrix/client/v3/joined_rooms.
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

}  // namespace

void AddJoinedRoomsRoutes(Router& router, const Deps& deps) {
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/joined_rooms",
              .auth = Auth::kGuest,
              .handler = ListJoined(deps.accounts)});
}

}  // namespace parley::gateway
