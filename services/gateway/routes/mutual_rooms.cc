#include <string>

#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/rooms_of_user.h"

namespace parley::gateway {
namespace {

// GET /_matrix/client/v1/mutual_rooms
absl::StatusOr<HttpAnswer> GetMutualRooms(const Deps& deps, RequestContext& context) {
  const auto asked = context.Query("user_id");
  if (!asked) return MissingParam("user_id is missing");
  PARLEY_TRY(const UserId user, UserId::Parse(*asked));
  if (user == context.requester().user) return InvalidParam("user_id is you");
  PARLEY_TRY(const auto shared, SharedRooms(deps, context.call(), user, context.requester().user));
  HttpAnswer answer;
  json::Writer w(answer.body);
  w.BeginObject().Key("joined").BeginArray();
  for (const std::string& room : shared) w.String(room);
  w.EndArray().Key("count").Int(static_cast<int64_t>(shared.size())).EndObject();
  return answer;
}

}  // namespace

void AddMutualRoomsRoutes(Router& router, const Deps& deps) {
  for (const std::string_view path : {"/_matrix/client/v1/mutual_rooms",
                                      "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms"}) {
    router.Add({.method = "GET",
                .path = path,
                .auth = Auth::kUser,
                .limit = Limit::kRead,
                .handler = [deps](RequestContext& c) { return GetMutualRooms(deps, c); }});
  }
}

}  // namespace parley::gateway
