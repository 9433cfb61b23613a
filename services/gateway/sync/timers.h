#pragma once

#include <cstdint>
#include <map>
#include <thread>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/functional/any_invocable.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

namespace parley::gateway {

// Calls back at a time: one thread for all parked syncs.
//
// Threads: safe from any; callbacks run on the timers' own thread and must be short. Lifetime: the destructor drops what
// has not fired.
class Timers {
 public:
  using Callback = absl::AnyInvocable<void()>;

  Timers();
  ~Timers();

  // Returns a ticket for Cancel.
  uint64_t At(absl::Time when, Callback callback);
  // A callback that has begun is not waited for.
  void Cancel(uint64_t ticket);

 private:
  using Key = std::pair<absl::Time, uint64_t>;

  void Run();

  absl::Mutex mutex_;
  std::map<Key, Callback> timers_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, absl::Time> when_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_ticket_ ABSL_GUARDED_BY(mutex_) = 1;
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace parley::gateway
