#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include "common/base/clock.h"
#include "common/base/partition.h"
#include "common/bus/bus.h"
#include "common/calls/room_calls.h"
#include "common/stream/ephemeral.h"
#include "services/calls/config.h"
#include "services/calls/metrics.h"

namespace parley::calls {

// The calls of all rooms, in memory, with an ephemeral stream for each partition. All of it follows
// from the signals in the store of `events`, in whatever order they come.
//
// Threads: safe from any. Lifetime: borrows its arguments.
class CallBoard {
 public:
  struct Entry {
    std::vector<Call> calls;
    // Of the room's latest change.
    stream::EphemeralPosition position;
  };

  // `epochs`: of the service's stream in each partition, in order.
  CallBoard(const Config& config, bus::Bus& bus, const Clock& clock, const Metrics& metrics,
            const std::vector<int64_t>& epochs);

  // What changes by it is told to those who follow the room. `is_old`: a signal read again after a
  // restart, which is not counted.
  void Apply(const std::string& room_id, const Signal& signal, bool is_old);

  // What time alone changes: calls that ring for too long, and those that are over. About once a
  // second.
  void Tick();

  // Nothing for a room without calls.
  std::optional<Entry> Find(const std::string& room_id) const;
  stream::EphemeralPosition Head(Partition partition) const { return streams_[partition]->head(); }
  // Calls that ring or are connected.
  size_t active() const;

 private:
  struct Room {
    RoomCalls calls;
    std::vector<Call> told;
    stream::EphemeralPosition position;
  };

  void Refresh(const std::string& room_id, Room& room, bool is_old)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(const Call* before, const Call& after) const;

  const Config& config_;
  const Clock& clock_;
  const Metrics& metrics_;
  std::vector<std::unique_ptr<stream::EphemeralStream>> streams_;  // by partition
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::unique_ptr<Room>> rooms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::calls
