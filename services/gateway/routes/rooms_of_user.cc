#include "services/gateway/routes/rooms_of_user.h"

#include <algorithm>
#include <iterator>

#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/room_federation.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/deps.h"

namespace parley::gateway {
namespace {

absl::StatusOr<std::vector<std::string>> RoomsOfAnybody(const Deps& deps, const rpc::Call& call, const UserId& user) {
  if (user.server_name() == deps.config.server_name) return RoomsOfUser(deps.accounts, call, user);
  events::v1::ListRoomsOfRemoteUserRequest request;
  request.set_user_id(user.str());
  PARLEY_TRY(const auto response, deps.room_federation.ListRoomsOfRemoteUser(call, request));
  std::vector<std::string> rooms(response.room_ids().begin(), response.room_ids().end());
  std::sort(rooms.begin(), rooms.end());
  return rooms;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RoomsOfUser(accounts::AccountsService& accounts, const rpc::Call& call,
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

absl::StatusOr<std::vector<std::string>> SharedRooms(const Deps& deps, const rpc::Call& call, const UserId& one,
                                                     const UserId& other) {
  PARLEY_TRY(const auto first, RoomsOfAnybody(deps, call, one));
  PARLEY_TRY(const auto second, RoomsOfAnybody(deps, call, other));
  std::vector<std::string> shared;
  std::set_intersection(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(shared));
  return shared;
}

}  // namespace parley::gateway
