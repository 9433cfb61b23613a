#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/partition.h"
#include "common/bus/bus.h"
#include "common/stream/ephemeral.h"

namespace parley::events {

// Who is typing where: memory only, an ephemeral stream for each partition. Client-server API, "Typing Notifications".
//
// Threads: safe from any. Lifetime: borrows the bus. Memory: only users who type; an entry goes when its time is over
// (Expire, called every second by the service).
class TypingTable {
 public:
  struct Snapshot {
    std::vector<std::string> user_ids;
    // Of the room's latest change; zeros when nobody ever typed.
    stream::EphemeralPosition position;
  };

  TypingTable(bus::Bus& bus, uint32_t partitions);

  // The partition is this process' from now on; `epoch` is that of its durable stream. Nobody types in it.
  void Open(Partition partition, int64_t epoch);

  // `until` in the past, or infinite past: stopped typing.
  void Set(std::string_view room_id, std::string_view user_id, absl::Time until, absl::Time now);
  // Ends what has run out; true if anything did.
  bool Expire(absl::Time now);

  Snapshot Read(std::string_view room_id) const;
  stream::EphemeralPosition Head(Partition partition) const;

 private:
  struct Room {
    absl::flat_hash_map<std::string, absl::Time> until;
    stream::EphemeralPosition position;
  };

  stream::EphemeralStream& StreamFor(std::string_view room_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bus::Bus& bus_;
  mutable absl::Mutex mutex_;
  std::vector<std::unique_ptr<stream::EphemeralStream>> streams_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Room> rooms_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
