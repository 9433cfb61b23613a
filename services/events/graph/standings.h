#pragma once

#include <cstdint>
#include <optional>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include "common/base/ids.h"
#include "services/events/rows.h"

namespace parley::events {

// Where an event with a place in its room's graph stands: what never changes of it, but for flags
// that say nothing of the state around it.
struct Standing {
  int64_t pos = 0;
  RoomOrder ord = 0;
  uint32_t flags = 0;
};

// Where forward extremities stand, so that an event in a room that has many of them does not read
// each from the store. Threads: any. Memory: some 150 bytes for each of at most 20,000.
class Standings {
 public:
  std::optional<Standing> Find(const EventId& id) const {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = known_.find(id);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
  }

  void Remember(const EventId& id, const Standing& standing) {
    absl::MutexLock lock(&mutex_);
    if (known_.size() >= kMax) known_.clear();
    known_[id] = standing;
  }

 private:
  static constexpr size_t kMax = 20'000;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<EventId, Standing> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
