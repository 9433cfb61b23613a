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

  // Has no partition until Open.
  CallBoard(const Config& config, bus::Bus& bus, const Clock& clock, const Metrics& metrics);

  // Begins the partition's stream, at the epoch of the service's own. Its rooms' signals are to come.
  void Open(Partition partition, int64_t epoch);
  // Forgets the partition's rooms.
  void Close(Partition partition);
  bool Has(Partition partition) const;

  // What changes by it is told to those who follow the room. Nothing in a partition that is not
  // open. A signal from before the partition was opened is not counted.
  void Apply(const std::string& room_id, const Signal& signal);

  // What time alone changes: calls that ring for too long, and those that are over. About once a
  // second.
  void Tick();

  // Nothing for a room without calls.
  std::optional<Entry> Find(const std::string& room_id) const;
  // Zeros where it is not open.
  stream::EphemeralPosition Head(Partition partition) const;
  // Calls that ring or are connected.
  size_t active() const;

 private:
  struct Room {
    RoomCalls calls;
    std::vector<Call> told;
    stream::EphemeralPosition position;
  };

  struct Part {
    std::unique_ptr<stream::EphemeralStream> stream;
    int64_t opened_at = 0;
  };

  Partition PartitionFor(const std::string& room_id) const {
    return PartitionOf(room_id, config_.partitions);
  }
  void Refresh(const std::string& room_id, Room& room, bool counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(const Call* before, const Call& after) const;

  const Config& config_;
  bus::Bus& bus_;
  const Clock& clock_;
  const Metrics& metrics_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Partition, Part> parts_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::unique_ptr<Room>> rooms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::calls
