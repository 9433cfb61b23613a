#include "services/events/room_cache.h"

#include <limits>

#include <absl/algorithm/container.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/status/wrong_owner.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr size_t kShards = 16;

absl::StatusOr<event::PduPtr> ToPdu(EventRow row, const event::RoomVersion& version) {
  return event::LoadPdu(std::move(row.pdu), EventId::Trusted(std::move(row.event_id)), version);
}

}  // namespace

RoomCache::RoomCache(store::Store& store, stream::Streams& streams, size_t max_bytes)
    : store_(store), streams_(streams), max_shard_bytes_(max_bytes / kShards), shards_(kShards) {}

Partition RoomCache::PartitionOf(std::string_view room_id) const {
  return parley::PartitionOf(room_id, streams_.partitions());
}

bool RoomCache::IsStale(const Room& room) const {
  return streams_.For(room.partition).generation() != room.generation;
}

absl::StatusOr<RoomPtr> RoomCache::Get(std::string_view room_id) {
  while (true) {
    if (!streams_.Owns(PartitionOf(room_id))) return WrongOwner(room_id);
    bool added = false;
    RoomPtr room = FindOrAdd(room_id, &added);
    {
      absl::MutexLock lock(&room->lane);
      if (!room->loaded) {
        if (absl::Status status = Load(*room); !status.ok()) {
          Drop(room);
          return status;
        }
      }
    }
    if (!IsStale(*room)) return room;
    Drop(room);
  }
}

absl::StatusOr<RoomPtr> RoomCache::Look(std::string_view room_id) {
  auto own = Get(room_id);
  if (!IsWrongOwner(own.status())) return own;
  auto copy = std::make_shared<Room>(PartitionOf(room_id), std::string(room_id));
  absl::MutexLock lock(&copy->lane);
  PARLEY_RETURN_IF_ERROR(
      store_.Read([&](store::Reader& db) ABSL_NO_THREAD_SAFETY_ANALYSIS { return LoadState(db, *copy); }));
  copy->loaded = true;
  return copy;
}

RoomPtr RoomCache::FindLoaded(std::string_view room_id) {
  Shard& shard = ShardOf(room_id);
  absl::MutexLock lock(&shard.mutex);
  const auto found = shard.rooms.find(Abs(room_id));
  if (found == shard.rooms.end()) return nullptr;
  const RoomPtr& room = found->second.room;
  return room->loaded && !IsStale(*room) ? room : nullptr;
}

absl::StatusOr<RoomPtr> RoomCache::Add(std::string_view room_id) {
  if (!streams_.Owns(PartitionOf(room_id))) return WrongOwner(room_id);
  bool added = false;
  RoomPtr room = FindOrAdd(room_id, &added);
  if (!added) return absl::AlreadyExistsError("the room is in use");
  room->generation = streams_.For(room->partition).generation();
  return room;
}

RoomPtr RoomCache::FindOrAdd(std::string_view room_id, bool* added) {
  Shard& shard = ShardOf(room_id);
  absl::MutexLock lock(&shard.mutex);
  auto found = shard.rooms.find(Abs(room_id));
  if (found == shard.rooms.end()) {
    *added = true;
    shard.used.emplace_front(room_id);
    Entry entry{std::make_shared<Room>(PartitionOf(room_id), std::string(room_id)), shard.used.begin(), 0};
    found = shard.rooms.emplace(std::string(room_id), std::move(entry)).first;
  } else {
    shard.used.splice(shard.used.begin(), shard.used, found->second.used);
  }
  RoomPtr room = found->second.room;
  const size_t bytes = room->MemoryBytes();
  shard.bytes += bytes - found->second.bytes;
  found->second.bytes = bytes;
  Shrink(shard);
  return room;
}

void RoomCache::Shrink(Shard& shard) {
  auto oldest = shard.used.end();
  while (shard.bytes > max_shard_bytes_ && oldest != shard.used.begin()) {
    --oldest;
    const auto found = shard.rooms.find(*oldest);
    if (found->second.room.use_count() > 1) continue;
    shard.bytes -= found->second.bytes;
    shard.rooms.erase(found);
    oldest = shard.used.erase(oldest);
  }
}

void RoomCache::Drop(const RoomPtr& room) {
  Shard& shard = ShardOf(room->id);
  absl::MutexLock lock(&shard.mutex);
  const auto found = shard.rooms.find(room->id);
  if (found == shard.rooms.end() || found->second.room != room) return;
  shard.bytes -= found->second.bytes;
  shard.used.erase(found->second.used);
  shard.rooms.erase(found);
}

void RoomCache::DropPartitions(absl::Span<const Partition> partitions) {
  for (Shard& shard : shards_) {
    absl::MutexLock lock(&shard.mutex);
    for (auto used = shard.used.begin(); used != shard.used.end();) {
      const auto found = shard.rooms.find(*used);
      if (!absl::c_linear_search(partitions, found->second.room->partition)) {
        ++used;
        continue;
      }
      shard.bytes -= found->second.bytes;
      shard.rooms.erase(found);
      used = shard.used.erase(used);
    }
  }
}

absl::Status RoomCache::Load(Room& room) {
  // Before the snapshot: a reset in between shows as a stale room, never as a missed one.
  room.generation = streams_.For(room.partition).generation();
  PARLEY_RETURN_IF_ERROR(store_.Read([&](store::Reader& db) ABSL_NO_THREAD_SAFETY_ANALYSIS { return LoadFrom(db, room); }));
  room.loaded = true;
  return absl::OkStatus();
}

absl::Status RoomCache::LoadState(store::Reader& db, Room& room) {
  PARLEY_TRY(const std::optional<RoomRow> row, FindRoom(db, room.partition, room.id));
  if (!row) return NotFound("There is no such room");
  room.nid = row->nid;
  room.version = &event::GetRoomVersion(row->version);

  PARLEY_TRY(const std::vector<StateRow> state, CurrentState(db, room.partition, room.nid));
  for (const StateRow& entry : state) room.state.Load(entry);
  return absl::OkStatus();
}

absl::Status RoomCache::LoadFrom(store::Reader& db, Room& room) {
  PARLEY_RETURN_IF_ERROR(LoadState(db, room));
  PARLEY_RETURN_IF_ERROR(LoadExtremities(db, room));
  PARLEY_RETURN_IF_ERROR(ScanTxns(db, room.partition, room.nid,
                                  [&](std::string_view user, std::string_view device, std::string_view txn) {
                                    room.txns.AddStored(user, device, txn);
                                  }));
  PARLEY_TRY(room.published, IsPublished(db, room.partition, room.nid));
  PARLEY_TRY(const store::StreamState stream, store::ReadStream(db, kStream, room.partition));
  room.timeline.StartAt(stream.head);
  room.receipts_until = stream.head;
  return absl::OkStatus();
}

absl::Status RoomCache::LoadExtremities(store::Reader& db, Room& room) {
  PARLEY_TRY(const std::vector<std::string> ids, Extremities(db, room.partition, room.nid));
  PARLEY_TRY(std::vector<EventRow> rows, FindEvents(db, room.partition, ids));
  room.extremities_stored = !rows.empty();
  if (rows.empty()) {
    PARLEY_RETURN_IF_ERROR(ScanBackwards(db, room.partition, room.nid, std::numeric_limits<RoomOrder>::max(), 1,
                                         [&](const EventRow& event) {
                                           rows.push_back(event);
                                           return false;
                                         }));
  }
  if (rows.empty()) return absl::DataLossError("a room without events");
  for (EventRow& row : rows) {
    PARLEY_TRY(event::PduPtr extremity, ToPdu(std::move(row), *room.version));
    room.extremities.push_back(std::move(extremity));
  }
  return absl::OkStatus();
}

absl::StatusOr<event::PduPtr> StateEvent(store::Store& store, Room& room, std::string_view type,
                                         std::string_view state_key) {
  if (event::PduPtr cached = room.state.CachedEvent(type, state_key)) return cached;
  const std::optional<StateRow> row = room.state.Find(type, state_key);
  if (!row) return event::PduPtr();
  if (const TimelineEventPtr queued = room.FindInTail(row->event_pos)) return queued->pdu;
  std::optional<EventRow> event;
  PARLEY_RETURN_IF_ERROR(store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(event, ReadEvent(db, room.partition, row->event_pos));
    return absl::OkStatus();
  }));
  if (!event) return absl::DataLossError("a state event is not in the store");
  PARLEY_TRY(event::PduPtr pdu, ToPdu(*std::move(event), *room.version));
  room.state.Cache(pdu, row->event_pos);
  return pdu;
}

}  // namespace parley::events
