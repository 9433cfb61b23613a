#include "services/gateway/sync/room_mates.h"

#include <algorithm>

#include <absl/container/flat_hash_set.h>

#include "common/base/partition.h"
#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {

std::vector<std::string> JoinedRooms(const UserSnapshot& user) {
  std::vector<std::string> rooms;
  for (const auto& membership : user.memberships) {
    if (membership.membership() == "join") rooms.push_back(membership.room_id());
  }
  return rooms;
}

std::shared_ptr<const UserSnapshot> RoomMates::FreshSnapshot(std::string_view user_id) const {
  const auto session = sessions_.Find(user_id);
  const auto user = session ? session->user() : nullptr;
  if (user == nullptr) return nullptr;
  const auto news = heard_.accounts.Since(PartitionOf(user_id, partitions_), user_id,
                                          user->accounts_position);
  return news == WakeIndex::News::kNo ? user : nullptr;
}

absl::StatusOr<std::vector<std::string>> RoomMates::RoomsOf(const rpc::Call& call,
                                                            std::string_view user_id) const {
  if (const auto user = FreshSnapshot(user_id)) return JoinedRooms(*user);
  accounts::v1::ListMembershipsRequest request;
  request.set_user_id(std::string(user_id));
  request.add_memberships("join");
  PARLEY_TRY(const auto response, accounts_.ListMemberships(call, request));
  std::vector<std::string> rooms;
  for (const auto& membership : response.memberships()) rooms.push_back(membership.room_id());
  return rooms;
}

std::vector<std::string> RoomMates::SharingARoom(const rpc::Call& call, const UserSnapshot& user,
                                                 const std::vector<std::string>& candidates) const {
  const auto own = JoinedRooms(user);
  const absl::flat_hash_set<std::string> mine(own.begin(), own.end());
  std::vector<std::string> sharing;
  for (const std::string& candidate : candidates) {
    const auto theirs = RoomsOf(call, candidate);
    if (!theirs.ok()) continue;
    const bool shared = std::any_of(theirs->begin(), theirs->end(),
                                    [&](const std::string& room) { return mine.contains(room); });
    if (shared) sharing.push_back(candidate);
  }
  return sharing;
}

}  // namespace parley::gateway
