#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"

namespace parley::bus {

// Finds what lost wakes would have told: it follows the heads of some services' streams by wakes
// and heartbeats and, for a service of which nothing was heard for a second, by asking for all its
// heads.
//
// Threads: methods from any; on_head runs on the bus's thread or the watcher's own, short and
// without calling the watcher. Lifetime: borrows bus and clock.
class HeadWatcher {
 public:
  // All heads of one service, one call per replica. Empty when nobody answered.
  using Poll = std::function<std::vector<Head>(const std::string& service)>;
  // A head that is ahead of all that was known of its stream, and was not told by a wake.
  using OnHead = std::function<void(const Head&)>;

  struct Options {
    Interest interest = Interest::All();     // whose wakes to hear
    std::vector<std::string> services = {};  // to poll when silent
    Poll poll = {};
    OnHead on_head = {};
    absl::Duration period = absl::Seconds(1);
  };

  HeadWatcher(Bus& bus, const Clock& clock, Options options);
  ~HeadWatcher();

  // After it returns on_head does not run any more. What was heard can still be asked. Idempotent.
  void Stop();

  // The highest position heard of; 0 when nothing was.
  int64_t head(const Topic& topic) const;
  // When the stream's owner was last heard; always now on a reliable bus.
  absl::Time last_heard(const Topic& topic) const;
  // The stream's owner was heard within two seconds: what was kept of it and not taken back since,
  // counts (architecture §5).
  bool HeardLately(const Topic& topic) const;
  // No heartbeat of the service has come for two periods: its wakes may be lost too, and what was
  // heard may be a period old. Never on a reliable bus.
  bool IsSilent(const std::string& service) const;

 private:
  struct State {
    int64_t head = 0;
    absl::Time heard = absl::InfinitePast();
  };

  void HeardWake(const Wake& wake);
  void HeardHeartbeat(const Heartbeat& heartbeat);
  // True if the head is news.
  bool Note(const Topic& topic, int64_t head);
  void Run();
  void PollSilentServices();

  Bus& bus_;
  const Clock& clock_;
  const Options options_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Topic, State> streams_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, absl::Time> services_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Bus::SubscriptionPtr> subscriptions_;
  std::thread thread_;
};

}  // namespace parley::bus
