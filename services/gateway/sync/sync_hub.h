#pragma once

#include <memory>
#include <vector>

#include "common/bus/bus.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/presence_log.h"
#include "services/gateway/sync/presence_reporter.h"
#include "services/gateway/sync/presence_waker.h"
#include "services/gateway/sync/session.h"

namespace parley::gateway {

// Listens to the bus: keeps what this gateway has heard, and wakes the sessions it concerns.
//
// Threads: its callbacks run on the bus's threads. Lifetime: borrows all of Deps; hears nothing after its destructor.
class SyncHub {
 public:
  struct Deps {
    bus::Bus& bus;
    Heard& heard;
    PresenceLog& presence_log;
    PresenceReporter& presence_reporter;
    PresenceWaker& presence_waker;
    SessionTable& sessions;
    uint32_t partitions;
  };

  explicit SyncHub(Deps deps);

  // A wake, from the bus or known otherwise (this gateway carried the write itself).
  void OnWake(const bus::Wake& wake);
  // The head of a stream, by a poll or heartbeat.
  void OnHead(const bus::Head& head);

 private:
  void OnReconnect();
  void OnPresenceMissed(PresenceLog::Hearing hearing);
  void WakeKey(std::string_view service, std::string_view key);
  void WakePartition(std::string_view service, Partition partition);
  WakeIndex* IndexFor(std::string_view service);

  const Deps deps_;
  std::vector<bus::Bus::SubscriptionPtr> subscriptions_;
};

}  // namespace parley::gateway
