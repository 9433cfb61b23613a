#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "common/base/partition.h"

namespace parley::lease {

// Time that also passes while the process or the machine stands still (CLOCK_BOOTTIME).
absl::Duration SinceBoot();

// What a process owns of one service right now: every call asks it at the door, and is counted until
// it leaves. Fencing keeps facts right without it; it keeps callers from reading what is old, and
// lets an owner finish what is under way before it gives a partition up.
//
// Threads: any.
class Ownership {
 public:
  explicit Ownership(uint32_t units) : units_(units) {}

  // A call that is inside; leaves with the last copy. Null: one of `units` is not ours, or the lease
  // has not been renewed in time.
  std::shared_ptr<void> Enter(absl::Span<const Partition> units);

  void Open(absl::Span<const Partition> units);
  // Nobody enters any more. Returns when those inside have left, at the latest after `patience`.
  void Close(absl::Span<const Partition> units, absl::Duration patience);
  // `until` as SinceBoot counts.
  void ServeUntil(absl::Duration until) { until_ms_.store(absl::ToInt64Milliseconds(until)); }

  std::vector<Partition> owned() const;

 private:
  struct Unit {
    bool open = false;
    int inside = 0;
  };
  class Visit;

  bool AllOpen(absl::Span<const Partition> units) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<int64_t> until_ms_ = 0;
  mutable absl::Mutex mutex_;
  std::vector<Unit> units_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::lease
