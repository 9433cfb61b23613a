#pragma once

#include <cstdint>
#include <functional>
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
#include "parley/events/v1/room_federation.parley.h"

namespace parley::federation {

// Follows what local users do in rooms with other servers: reads behind the saved marks, then
// whatever a wake, or the head that a lost wake left behind, says is there.
//
// Threads: its own, from construction to destruction; it calls `take` on it. Lifetime: borrows its
// arguments.
class OutboundFollower {
 public:
  using Take = std::function<void(const events::v1::ListOutboundResponse&)>;

  struct Needs {
    bus::Bus& bus;
    const Clock& clock;
    events::EventsService& events;
    events::RoomFederationService& rooms;
  };

  // `marks`: by partition, everything up to here was taken.
  OutboundFollower(const Needs& needs, std::vector<int64_t> marks, Take take);
  ~OutboundFollower();

 private:
  void Mark(Partition partition, int64_t position);
  void MarkAll();
  void Run();
  // Partitions to read, once there are any; false: the end.
  bool Wait(std::vector<Partition>& partitions);
  bool Read(const std::vector<Partition>& partitions);
  std::vector<bus::Head> PollHeads();

  const Needs needs_;
  const Take take_;
  absl::Mutex mutex_;
  std::vector<int64_t> read_
      ABSL_GUARDED_BY(mutex_);  // by partition: everything up to here was taken
  absl::btree_set<Partition> dirty_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<bus::Bus::SubscriptionPtr> subscriptions_;
  std::unique_ptr<bus::HeadWatcher> watcher_;
  std::thread thread_;
};

}  // namespace parley::federation
