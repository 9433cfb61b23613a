#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

namespace parley::gateway {

// Whose presence changed lately, in the order it was heard, so that a sync that is nearly up to date asks about a few users
// instead of all it can see.
//
// Threads: safe from any. Memory: the last `capacity` changes.
class PresenceLog {
 public:
  explicit PresenceLog(size_t capacity = 8192) : capacity_(capacity) {}

  // Nothing before `position` is of interest; for one that has heard nothing yet. Read it after the wakes are listened to.
  void StartAt(int64_t position);
  void Heard(int64_t position, std::string_view user_id);
  void Forget();

  // The users who changed after `position`, each once; nullopt when the log does not reach back so far.
  std::optional<std::vector<std::string>> Since(int64_t position) const;

 private:
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  std::deque<std::pair<int64_t, std::string>> changes_ ABSL_GUARDED_BY(mutex_);
  // Everything after this position is in changes_; nothing was heard yet when absent.
  std::optional<int64_t> horizon_ ABSL_GUARDED_BY(mutex_);
  int64_t head_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::gateway
