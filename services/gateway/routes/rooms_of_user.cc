#include "services/gateway/routes/rooms_of_user.h"

#include <algorithm>
#include <iterator>

#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {

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

absl::StatusOr<std::vector<std::string>> SharedRooms(accounts::AccountsService& accounts, const rpc::Call& call,
                                                     const UserId& one, const UserId& other) {
  PARLEY_TRY(const auto first, RoomsOfUser(accounts, call, one));
  PARLEY_TRY(const auto second, RoomsOfUser(accounts, call, other));
  std::vector<std::string> shared;
  std::set_intersection(first.begin(), first.end(), second.begin(), second.end(), std::back_inserter(shared));
  return shared;
}

}  // namespace parley::gateway
