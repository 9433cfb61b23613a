#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/btree_set.h>
#include <absl/synchronization/mutex.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/head_watcher.h"
#include "parley/events/v1/events.parley.h"
#include "services/calls/call_board.h"

namespace parley::calls {

// Follows the call events of all rooms: reads from the beginning of what `events` keeps, then
// whatever a wake, or the head that a lost wake left behind, says is there. Nothing of it is
// stored: after a restart it reads again.
//
// Threads: its own, from construction to destruction. Lifetime: borrows its arguments.
class Follower {
 public:
  Follower(bus::Bus& bus, const Clock& clock, events::EventsService& events, CallBoard& board,
           uint32_t partitions);
  ~Follower();

 private:
  void Mark(Partition partition, int64_t position);
  void MarkAll();
  void Run();
  // Partitions to read, once there are any; false: the end.
  bool Wait(std::vector<Partition>& partitions);
  bool Read(const std::vector<Partition>& partitions);
  void Take(const events::v1::CallSignal& signal);
  std::vector<bus::Head> PollHeads();

  events::EventsService& events_;
  CallBoard& board_;
  const absl::Time started_;
  absl::Mutex mutex_;
  std::vector<int64_t> read_
      ABSL_GUARDED_BY(mutex_);  // by partition: everything up to here was read; -1: nothing
  absl::btree_set<Partition> dirty_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<bus::Bus::SubscriptionPtr> subscriptions_;
  std::unique_ptr<bus::HeadWatcher> watcher_;
  std::thread thread_;
};

}  // namespace parley::calls
