#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/store/store.h"
#include "common/stream/writer.h"
#include "services/events/room.h"

namespace parley::events {

// The rooms in memory, least recently used ones dropped beyond a number of bytes. There is one Room object for a room at a time, or its
// lane would be no lane; so one that is in use is never dropped for space.
//
// Threads: any. Lifetime: borrows store and streams.
class RoomCache {
 public:
  RoomCache(store::Store& store, stream::Streams& streams, size_t max_bytes);

  // The room, loaded. M_NOT_FOUND if there is none; WrongOwner if another process has it.
  absl::StatusOr<RoomPtr> Get(std::string_view room_id);
  // The same for a room that the request is not about: one that another process has is read as that has committed it, anew each
  // time. To be read only.
  absl::StatusOr<RoomPtr> Look(std::string_view room_id);
  // The room if it is in memory, loaded and not stale; null otherwise. Never waits for a lane or the store.
  RoomPtr FindLoaded(std::string_view room_id);
  // The same as Get for a room that was never stored: made, but not loaded, with its lane free. AlreadyExists if it is there.
  absl::StatusOr<RoomPtr> Add(std::string_view room_id);
  // Forgets `room`, if it is still the one in use: it is stale, or was never created.
  void Drop(const RoomPtr& room);
  // The partitions are another process' now.
  void DropPartitions(absl::Span<const Partition> partitions);
  // True when a failed commit, or another owner, has made what `room` holds worthless.
  bool IsStale(const Room& room) const;

  Partition PartitionOf(std::string_view room_id) const;

 private:
  struct Entry {
    RoomPtr room;
    std::list<std::string>::iterator used;
    size_t bytes = 0;
  };
  struct Shard {
    absl::Mutex mutex;
    absl::flat_hash_map<std::string, Entry> rooms ABSL_GUARDED_BY(mutex);
    std::list<std::string> used ABSL_GUARDED_BY(mutex);  // latest first
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
  };

  Shard& ShardOf(std::string_view room_id) { return shards_[PartitionOf(room_id) % shards_.size()]; }
  RoomPtr FindOrAdd(std::string_view room_id, bool* added);
  void Shrink(Shard& shard) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);
  absl::Status Load(Room& room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(room.lane);
  absl::Status LoadFrom(store::Reader& db, Room& room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(room.lane);
  absl::Status LoadState(store::Reader& db, Room& room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(room.lane);
  absl::Status LoadExtremities(store::Reader& db, Room& room) ABSL_EXCLUSIVE_LOCKS_REQUIRED(room.lane);

  store::Store& store_;
  stream::Streams& streams_;
  const size_t max_shard_bytes_;
  std::vector<Shard> shards_;
};

// The state event of `room` in force for (type, state_key): from memory, or from the store. Null if there is none.
absl::StatusOr<event::PduPtr> StateEvent(store::Store& store, Room& room, std::string_view type,
                                         std::string_view state_key);

}  // namespace parley::events
