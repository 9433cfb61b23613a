#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

namespace parley::gateway {
namespace {

// Sorted.
absl::StatusOr<std::vector<std::string>> JoinedRooms(accounts::AccountsService& accounts, const rpc::Call& call,
                                                     const UserId& user) {
  accounts::v1::ListMembershipsRequest request;
  request.set_user_id(user.str());
  request.add_memberships("join");
  PARLEY_TRY(const auto response, accounts.ListMemberships(call, request));
  std::vector<std::string> rooms;
  for (const auto& membership : response.memberships()) rooms.push_back(membership.room_id());
  std::sort(rooms.begin(), rooms.end());
  return rooms;
}

// GET /_matrix/client/v1/mutual_rooms
absl::StatusOr<HttpAnswer> GetMutualRooms(accounts::AccountsService& accounts, RequestContext& context) {
  const auto asked = context.Query("user_id");
  if (!asked) return MissingParam("user_id is missing");
  PARLEY_TRY(const UserId user, UserId::Parse(*asked));
  if (user == context.requester().user) return InvalidParam("user_id is you");
  PARLEY_TRY(const auto theirs, JoinedRooms(accounts, context.call(), user));
  PARLEY_TRY(const auto own, JoinedRooms(accounts, context.call(), context.requester().user));
  std::vector<std::string> shared;
  std::set_intersection(theirs.begin(), theirs.end(), own.begin(), own.end(), std::back_inserter(shared));
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
                .handler = [&accounts = deps.accounts](RequestContext& c) { return GetMutualRooms(accounts, c); }});
  }
}

}  // namespace parley::gateway
