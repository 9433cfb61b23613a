#include "services/gateway/sync/room_mates.h"

#include <algorithm>
#include <utility>

#include "common/base/partition.h"
#include "common/base/strings.h"
#include "common/status/macros.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {
namespace {

bool Meet(const absl::flat_hash_set<std::string_view>& mine, const RoomMates::RoomSet& theirs) {
  if (mine.size() < theirs.size()) {
    return std::any_of(mine.begin(), mine.end(),
                       [&](std::string_view room) { return theirs.contains(Abs(room)); });
  }
  return std::any_of(theirs.begin(), theirs.end(),
                     [&](const std::string& room) { return mine.contains(room); });
}

}  // namespace

std::vector<std::string> JoinedRooms(const UserSnapshot& user) {
  std::vector<std::string> rooms;
  for (const auto& membership : user.memberships) {
    if (membership.membership() == "join") rooms.push_back(membership.room_id());
  }
  return rooms;
}

bool RoomMates::NothingHeardSince(int64_t at, std::string_view user_id) const {
  return heard_.accounts.Since(PartitionOf(user_id, partitions_), user_id, at) ==
         WakeIndex::News::kNo;
}

std::shared_ptr<const RoomMates::RoomSet> RoomMates::Recall(std::string_view user_id) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = known_.find(Abs(user_id));
  if (found == known_.end() || !NothingHeardSince(found->second.at, user_id)) return nullptr;
  return found->second.rooms;
}

absl::StatusOr<RoomMates::Known> RoomMates::Learn(const rpc::Call& call,
                                                  std::string_view user_id) const {
  const auto session = sessions_.Find(user_id);
  const auto user = session ? session->user() : nullptr;
  if (user != nullptr && NothingHeardSince(user->accounts_position, user_id)) {
    const auto rooms = JoinedRooms(*user);
    return Known{user->accounts_position,
                 std::make_shared<const RoomSet>(rooms.begin(), rooms.end())};
  }
  // What was heard before the question is in the answer.
  const int64_t heard = heard_.accounts.Head(PartitionOf(user_id, partitions_));
  accounts::v1::ListMembershipsRequest request;
  request.set_user_id(std::string(user_id));
  request.add_memberships("join");
  PARLEY_TRY(const auto response, accounts_.ListMemberships(call, request));
  auto rooms = std::make_shared<RoomSet>();
  for (const auto& membership : response.memberships()) rooms->insert(membership.room_id());
  return Known{std::max<int64_t>(heard, response.position()), std::move(rooms)};
}

void RoomMates::Remember(std::string_view user_id, Known known) const {
  absl::MutexLock lock(&mutex_);
  if (known_.size() >= kMaxKnown) known_.clear();
  known_.insert_or_assign(std::string(user_id), std::move(known));
}

absl::StatusOr<std::shared_ptr<const RoomMates::RoomSet>> RoomMates::RoomsOf(
    const rpc::Call& call, std::string_view user_id) const {
  if (remote_.IsRemote(user_id)) return remote_.Of(call, user_id);
  if (auto rooms = Recall(user_id)) return rooms;
  PARLEY_TRY(Known known, Learn(call, user_id));
  auto rooms = known.rooms;
  Remember(user_id, std::move(known));
  return rooms;
}

std::vector<std::string> RoomMates::SharingARoom(const rpc::Call& call, const UserSnapshot& user,
                                                 const std::vector<std::string>& candidates) const {
  absl::flat_hash_set<std::string_view> mine;
  for (const auto& membership : user.memberships) {
    if (membership.membership() == "join") mine.insert(membership.room_id());
  }
  std::vector<std::string> sharing;
  for (const std::string& candidate : candidates) {
    const auto theirs = RoomsOf(call, candidate);
    if (theirs.ok() && Meet(mine, **theirs)) sharing.push_back(candidate);
  }
  return sharing;
}

}  // namespace parley::gateway
