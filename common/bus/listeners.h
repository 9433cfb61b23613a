#pragma once

#include <functional>
#include <memory>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/synchronization/mutex.h>

#include "common/bus/bus.h"

namespace parley::bus {

// Who is to be called for what in one process; the part that all buses share. Calls run under the
// reader's lock and removal takes the writer's, so that a removed listener is never called again.
//
// Threads: any. Lifetime: outlives its subscriptions.
class Listeners {
 public:
  struct Listener {
    Interest interest = {};
    Bus::OnWake on_wake = {};
    Bus::OnHeartbeat on_heartbeat = {};
    std::function<void()> on_reconnect = {};
  };

  // `on_change` runs, without a lock held, after what is wanted may have changed.
  explicit Listeners(std::function<void()> on_change = [] {}) : on_change_(std::move(on_change)) {}

  Bus::SubscriptionPtr Add(Listener listener);

  void Deliver(const Wake& wake) const;
  void Deliver(const Heartbeat& heartbeat) const;
  void Reconnected() const;

  // The union of all interests.
  Interest Wanted() const;

 private:
  class Registration;
  using Set = absl::flat_hash_set<const Listener*>;

  void Insert(const Listener& listener);
  void Remove(const Listener& listener);

  const std::function<void()> on_change_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Topic, Set> by_topic_ ABSL_GUARDED_BY(mutex_);
  Set all_topics_ ABSL_GUARDED_BY(mutex_);
  Set everyone_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::bus
