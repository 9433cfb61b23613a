#pragma once

#include <functional>
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

// Says once a second, on a bus that may lose wakes, which streams this process owns and which heads
// moved lately; so a wake that got lost, or that a crash kept from being sent, costs a second. On a
// reliable bus it does nothing.
//
// Threads: its own. Lifetime: borrows bus and clock.
class HeartbeatSender {
 public:
  struct Options {
    // The heads of all streams that this process owns.
    std::function<std::vector<Head>()> heads;
    absl::Duration period = absl::Seconds(1);
    absl::Duration repeat_for = absl::Seconds(10);
  };

  HeartbeatSender(Bus& bus, const Clock& clock, Options options);
  ~HeartbeatSender();

 private:
  struct Seen {
    int64_t head = 0;
    absl::Time moved;
  };

  void Run();
  Heartbeat Make();
  bool MovedLately(const Head& head, absl::Time now);

  Bus& bus_;
  const Clock& clock_;
  const Options options_;
  absl::flat_hash_map<Topic, Seen> seen_;  // of the thread below
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace parley::bus
