#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include "common/base/partition.h"
#include "common/base/rng.h"
#include "common/stream/position.h"

namespace parley::gateway {

// Whose presence changed lately, in the order this gateway heard of it, so that a sync that is
// nearly up to date asks about a few users instead of all it can see. A token holds a mark: a place
// in this log. The mark of another gateway, or of an earlier life of this one, means nothing here.
//
// Threads: safe from any. Memory: the last `capacity` changes.
class PresenceLog {
 public:
  struct Change {
    std::string user_id;
    Partition partition = 0;
    // In the stream of that partition.
    stream::EphemeralPosition position;
  };

  explicit PresenceLog(Rng& rng, size_t capacity = 8192);

  // Streams have no gaps, so a jump in positions shows that wakes were lost: then no mark given so
  // far means anything from now on.
  enum class Hearing {
    kComplete,
    kMissed,
    kNewOwner,  // missed, and the partition has another owner, who knows nothing yet
  };
  // A wake: the user changed at this (packed) position of the partition's stream.
  Hearing Heard(Partition partition, int64_t position, std::string_view user_id);
  // The stream's (packed) head, as its owner says.
  Hearing HeardHead(Partition partition, int64_t head);
  // Wakes may have been lost: no mark given so far means anything from now on.
  void Forget();

  // The end of the log. Take it before looking for news.
  stream::EphemeralPosition Mark() const;
  // Each user who changed after `mark` once, with the first of those changes; nullopt for a mark
  // that is not of this log, or too old.
  std::optional<std::vector<Change>> Since(stream::EphemeralPosition mark) const;

 private:
  // Whether the stream is where it should be before a change at `next`.
  Hearing Follow(Partition partition, stream::EphemeralPosition next)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Begin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Rng& rng_;
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  int64_t life_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t head_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Partition, stream::EphemeralPosition> heads_ ABSL_GUARDED_BY(mutex_);
  std::deque<Change> changes_ ABSL_GUARDED_BY(mutex_);  // the last is number head_
};

}  // namespace parley::gateway
