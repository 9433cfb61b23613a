#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include "common/base/partition.h"

namespace parley::gateway {

// What this gateway has heard on the bus of one kind of stream (events, typing, accounts, presence): the latest position
// of each partition and of each key (a room, a user). It answers "is there news of this key after that position?"
// without asking anybody, which is what makes an idle sync free and a busy one a single call.
//
// Wakes may be lost, doubled or reordered; streams have no gaps, so a jump in positions shows a loss. What was heard
// before a loss is not trusted: positions below the partition's horizon answer kUnknown, and the caller asks the owner.
//
// Threads: safe from any. Memory: at most `max_keys` keys; the older half is dropped when full, and horizons rise.
class WakeIndex {
 public:
  enum class News { kNo, kYes, kUnknown };

  explicit WakeIndex(size_t max_keys = 200'000) : max_keys_(max_keys) {}

  // A wake: `key` changed at `position`. False when positions before it were missed: everybody who waits for something in
  // the partition must look again. Without a key anything may have changed up to there.
  [[nodiscard]] bool Heard(Partition partition, int64_t position, std::string_view key);

  // The owner's head is `head`, from a heartbeat or a poll. False when wakes up to it were missed.
  [[nodiscard]] bool HeardHead(Partition partition, int64_t head);

  // A write that this gateway has passed on was acknowledged: whoever reads here finds it, though its wake may come later
  // or never. Says nothing of others' writes before it.
  void Wrote(Partition partition, int64_t position, std::string_view key);

  // Nothing heard so far can be trusted (the bus was away).
  void Forget();

  // Whether `key` changed after `position`.
  News Since(Partition partition, std::string_view key, int64_t position) const;

  // The head of the partition as far as heard; 0 when nothing was heard.
  int64_t Head(Partition partition) const;

 private:
  struct PartitionState {
    int64_t head = 0;
    int64_t horizon = 0;  // every change after this position was heard
    bool heard = false;
  };
  struct KeyState {
    Partition partition;
    int64_t position;
  };

  void Note(Partition partition, int64_t position, std::string_view key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropOlderHalf() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_keys_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Partition, PartitionState> partitions_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, KeyState> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::gateway
