// GET /_matrix/client/v3/joined_rooms.
// Client-Server API, "Room membership".
#include <string>
#include <vector>

#include "common/status/macros.h"
#include "services/gateway/deps.h"
#include "services/gateway/routes/forward.h"
#include "services/gateway/routes/rooms_of_user.h"

namespace parley::gateway {
namespace {

json::Array ToJson(const std::vector<std::string>& rooms) { return {rooms.begin(), rooms.end()}; }

RouteHandler ListJoined(accounts::AccountsService& service) {
  return [&service](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
    PARLEY_TRY(const auto rooms, RoomsOfUser(service, context.call(), context.requester().user));
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
