#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/partition.h"
#include "common/event/pdu.h"
#include "common/event/room_version.h"
#include "services/events/room_state.h"
#include "services/events/rows.h"
#include "services/events/timeline.h"
#include "services/events/txn_log.h"

namespace parley::events {

// One room in memory. Events are built one at a time by the holder of `lane`, each upon the one before, while those before are
// still on their way to the disk; the lane never waits for a commit. Readers use `timeline` (committed events only) and
// `state`.
//
// When a commit of the partition fails, what was built on it is worthless: the stream's generation moves on, and a
// room of an older generation is dropped from the cache and loaded anew (RoomCache).
struct Room {
  Room(Partition partition, std::string room_id) : partition(partition), id(std::move(room_id)) {}

  const Partition partition;
  const std::string id;

  absl::Mutex lane;

  // Set by the load (in the lane), constant after that.
  std::atomic<bool> loaded = false;
  RoomNid nid = 0;
  const event::RoomVersion* version = nullptr;
  // Of the partition's stream when the room was loaded.
  int64_t generation = 0;

  RoomState state;
  Timeline timeline;
  TxnLog txns;

  // Nothing of the room's receipts changed after this position.
  std::atomic<int64_t> receipts_until = 0;

  // What the next event is built upon.
  std::vector<event::PduPtr> extremities ABSL_GUARDED_BY(lane);
  // The store has rows of them: they are not just the latest event.
  bool extremities_stored ABSL_GUARDED_BY(lane) = false;
  // Somebody left the lane in the middle of something: nobody else may use this object.
  bool dropped ABSL_GUARDED_BY(lane) = false;
  // In the directory: its entry follows the state.
  bool published ABSL_GUARDED_BY(lane) = false;
  // The latest change of each member's profile that was written here (ChangeMembershipRequest.profile_generation): an earlier
  // one that was held up on its way changes nothing. Who lost it with the memory lost the late request as well.
  absl::flat_hash_map<std::string, int64_t> profile_generations ABSL_GUARDED_BY(lane);
  // Built and queued, not yet committed; oldest first.
  absl::Mutex tail_mutex;
  std::vector<TimelineEventPtr> tail ABSL_GUARDED_BY(tail_mutex);

  // The event at `pos`, if it is queued and not committed.
  TimelineEventPtr FindInTail(int64_t pos);
  // The event, if it is one of the latest; queued ones included.
  TimelineEventPtr FindRecent(std::string_view event_id);

  size_t MemoryBytes() const;
};

using RoomPtr = std::shared_ptr<Room>;

}  // namespace parley::events
