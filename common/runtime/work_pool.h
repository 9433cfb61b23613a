#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/functional/any_invocable.h>
#include <absl/synchronization/mutex.h>

namespace parley {

// Threads that run blocking work, with a bounded queue before them: a full pool refuses instead of piling up.
//
// Threads: every method may be called from any thread, also from inside the work. Work must not throw.
// Lifetime: the destructor drains.
class WorkPool {
 public:
  using Work = absl::AnyInvocable<void()>;

  struct Options {
    std::string name = "work";  // shown by the system as the threads' name, at most 15 bytes
    int threads = 16;
    size_t max_queued = 4096;  // work that waits for a thread
  };

  explicit WorkPool(Options options);
  ~WorkPool();
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // False, and `work` is dropped unrun, when the queue is full or the pool drains.
  [[nodiscard]] bool TryPost(Work work);

  // Refuses new work, runs what is queued, and ends the threads. Not from inside the work.
  void Drain();

  size_t queued() const;
  // Work that runs now.
  int busy() const;

 private:
  void Run();
  bool HasWorkOrEnds() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !queue_.empty() || draining_; }

  const Options options_;
  mutable absl::Mutex mutex_;
  std::deque<Work> queue_ ABSL_GUARDED_BY(mutex_);
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace parley
