#include "services/gateway/sync/calls_provider.h"

#include <algorithm>

#include <absl/container/btree_set.h>

#include "common/base/partition.h"
#include "common/stream/position.h"
#include "parley/calls/v1/calls.parley.h"

namespace parley::gateway {
namespace {

constexpr std::string_view kCallsEvent = "dev.parley.calls";

using events::v1::RoomUpdate;
using stream::EphemeralPosition;
using stream::StreamKind;

RoomUpdate& UpdateFor(const std::string& room_id, Difference& difference) {
  const auto found =
      std::find_if(difference.rooms.begin(), difference.rooms.end(),
                   [&](const RoomUpdate& update) { return update.room_id() == room_id; });
  if (found != difference.rooms.end()) return *found;
  RoomUpdate& update = difference.rooms.emplace_back();
  update.set_room_id(room_id);
  update.set_membership("join");
  update.set_has_news(true);
  return update;
}

// What of `rooms` the token knows nothing of, or only in an older life of `calls`, is told whole.
calls::ReadSinceRequest RequestFor(const std::vector<std::string>& rooms,
                                   const std::vector<std::string>& fresh, const SyncQuery& query,
                                   uint32_t partitions) {
  calls::ReadSinceRequest request;
  absl::btree_set<Partition> asked;
  absl::btree_set<Partition> whole;
  for (const std::string& room : fresh) whole.insert(PartitionOf(room, partitions));
  for (const std::string& room : rooms) {
    request.add_room_ids(room);
    const Partition partition = PartitionOf(room, partitions);
    if (!query.since || whole.contains(partition) || !asked.insert(partition).second) continue;
    const EphemeralPosition since = query.since->Ephemeral(StreamKind::kCalls, partition);
    auto& head = *request.add_since();
    head.set_partition(partition);
    head.set_epoch(since.epoch);
    head.set_position(since.counter);
  }
  return request;
}

}  // namespace

bool CallsProvider::HasNews(const std::string& room_id, const stream::SyncToken* since) const {
  const Partition partition = PartitionOf(room_id, partitions_);
  // Nothing ever happened there in this life of `calls`.
  if (EphemeralPosition::Unpack(heard_.calls.Head(partition)).counter == 0) return false;
  if (since == nullptr) return true;
  const int64_t position = since->Ephemeral(StreamKind::kCalls, partition).Packed();
  return heard_.calls.Since(partition, room_id, position) != WakeIndex::News::kNo;
}

absl::Status CallsProvider::Read(const rpc::Call& call, const SyncQuery& query,
                                 const UserSnapshot& user, const RoomProvider::Part& rooms,
                                 Difference& difference, stream::SyncToken& next) {
  std::vector<std::string> asked;
  const stream::SyncToken* since = query.since && !query.full_state ? &*query.since : nullptr;
  for (const auto& membership : user.memberships) {
    if (membership.membership() != "join" || !query.filter->AcceptsRoom(membership.room_id()))
      continue;
    const std::string& room_id = membership.room_id();
    const bool is_new =
        std::find(rooms.new_rooms.begin(), rooms.new_rooms.end(), room_id) != rooms.new_rooms.end();
    if (HasNews(room_id, is_new ? nullptr : since)) asked.push_back(room_id);
  }
  if (asked.empty() || !query.filter->AcceptsEphemeral(kCallsEvent)) return absl::OkStatus();
  const auto response =
      calls_.ReadSince(call, RequestFor(asked, rooms.new_rooms, query, partitions_));
  if (!response.ok()) return absl::OkStatus();
  for (const auto& entry : response->entries()) {
    UpdateFor(entry.room_id(), difference).add_ephemeral(entry.event());
  }
  for (const auto& head : response->heads()) {
    next.SetEphemeral(StreamKind::kCalls, head.partition(), {head.epoch(), head.position()});
  }
  return absl::OkStatus();
}

}  // namespace parley::gateway
