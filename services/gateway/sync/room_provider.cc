#include "services/gateway/sync/room_provider.h"

#include <algorithm>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "common/base/partition.h"
#include "common/status/macros.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/sync/room_selection.h"

namespace parley::gateway {
namespace {

using events::v1::ReadSinceRequest;
using events::v1::ReadSinceResponse;
using stream::StreamKind;
using Heads = absl::flat_hash_map<Partition, int64_t>;

// The heads of the partitions that hold the user's joined rooms, taken before looking for news: what is heard later is
// above them.
Heads HeadsHeard(const std::vector<accounts::v1::Membership>& memberships, const WakeIndex& rooms,
                 uint32_t partitions) {
  Heads heads;
  for (const auto& membership : memberships) {
    if (membership.membership() != "join") continue;
    const Partition partition = PartitionOf(membership.room_id(), partitions);
    if (!heads.contains(partition)) heads[partition] = rooms.Head(partition);
  }
  return heads;
}

// A partition nobody was asked about had no news of this user's rooms up to the head that was heard.
void AdvanceUnasked(const Heads& heads, const std::vector<events::v1::RoomSince>& asked,
                    uint32_t partitions, stream::SyncToken& next) {
  absl::flat_hash_set<Partition> skip;
  for (const auto& room : asked) skip.insert(PartitionOf(room.room_id(), partitions));
  for (const auto& [partition, head] : heads) {
    const bool known = next.Position(StreamKind::kEvents, partition) > 0;
    if (known && !skip.contains(partition) && head > next.Position(StreamKind::kEvents, partition)) {
      next.SetPosition(StreamKind::kEvents, partition, head);
    }
  }
}

ReadSinceRequest RequestFor(const SyncQuery& query, const UserSnapshot& user,
                            const std::vector<events::v1::RoomSince>& rooms) {
  ReadSinceRequest request;
  *request.mutable_requester() = query.requester;
  *request.mutable_options() = query.filter->options();
  request.mutable_options()->set_full_state(query.full_state);
  request.mutable_options()->set_state_after(!query.state_after.empty());
  request.set_push_rule_changes(user.push_rule_changes);
  for (const std::string& ignored : user.ignored_users) request.add_ignored_users(ignored);
  request.mutable_rooms()->Assign(rooms.begin(), rooms.end());
  return request;
}

void Advance(const ReadSinceResponse& response, stream::SyncToken& next) {
  for (const auto& head : response.heads()) {
    next.SetPosition(StreamKind::kEvents, head.partition(), head.position());
  }
  for (const auto& head : response.typing_heads()) {
    next.SetEphemeral(StreamKind::kTyping, head.partition(), {head.epoch(), head.position()});
  }
}

RoomProvider::Part PartOf(const std::vector<events::v1::RoomSince>& asked,
                          const ReadSinceResponse& response) {
  RoomProvider::Part part;
  for (const auto& room : asked) {
    if (room.membership() == "join" && room.since() == 0) part.new_rooms.push_back(room.room_id());
    if (room.membership() == "leave" || room.membership() == "ban") {
      part.left_rooms.push_back(room.room_id());
    }
  }
  for (const auto& update : response.rooms()) {
    part.users_joined.insert(part.users_joined.end(), update.users_joined().begin(),
                             update.users_joined().end());
    part.users_left.insert(part.users_left.end(), update.users_left().begin(),
                           update.users_left().end());
  }
  return part;
}

}  // namespace

absl::StatusOr<RoomProvider::Part> RoomProvider::Read(const rpc::Call& call, const SyncQuery& query,
                                                      const AccountProvider::Part& account,
                                                      Difference& difference,
                                                      stream::SyncToken& next) {
  const UserSnapshot& user = *account.user;
  const Heads heads = HeadsHeard(user.memberships, heard_.rooms, partitions_);
  const Partition own = PartitionOf(query.requester.user_id(), partitions_);
  const stream::SyncToken* since = query.since ? &*query.since : nullptr;
  const auto rooms = SelectRooms(
      {user.memberships, since,
       since != nullptr ? since->Position(StreamKind::kAccounts, own) : 0, query.full_state,
       *query.filter, partitions_, heard_.rooms, heard_.typing});
  AdvanceUnasked(heads, rooms, partitions_, next);
  if (rooms.empty()) return Part{};

  PARLEY_TRY(ReadSinceResponse response, events_.ReadSince(call, RequestFor(query, user, rooms)));
  Advance(response, next);
  Part part = PartOf(rooms, response);
  const absl::flat_hash_set<std::string> fresh(part.new_rooms.begin(), part.new_rooms.end());
  for (auto& update : *response.mutable_rooms()) {
    // A room that is new to a client that has others: what came before its timeline is a gap.
    if (query.since && fresh.contains(update.room_id())) update.set_limited(true);
    if (update.has_news()) difference.rooms.push_back(std::move(update));
  }
  for (auto& user_id : *response.mutable_device_lists_changed()) {
    difference.device_lists_changed.push_back(std::move(user_id));
  }
  return part;
}

}  // namespace parley::gateway
