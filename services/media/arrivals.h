#pragma once

#include <cstddef>
#include <cstdint>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace parley::media {

// Where requests wait for files that are not there yet: look at the count, look for the file, wait
// for a higher count. Threads: any.
class Arrivals {
 public:
  explicit Arrivals(size_t max_waiting) : max_waiting_(max_waiting) {}

  uint64_t count() const;
  // A file has come.
  void Announce();
  // True: one has come since `count`. False: none until the deadline, or too many wait already.
  bool WaitBeyond(uint64_t count, absl::Time deadline);

 private:
  const size_t max_waiting_;
  mutable absl::Mutex mutex_;
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::media
