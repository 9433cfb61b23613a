#pragma once

#include "common/bus/bus.h"
#include "common/bus/listeners.h"

namespace parley::bus {

// The bus of one process: Publish calls the listeners on the publisher's thread. Loses nothing.
class MemoryBus final : public Bus {
 public:
  void Publish(const Wake& wake) override { listeners_.Deliver(wake); }
  SubscriptionPtr Subscribe(Interest interest, OnWake on_wake) override;
  void PublishHeartbeat(const Heartbeat& heartbeat) override { listeners_.Deliver(heartbeat); }
  SubscriptionPtr SubscribeHeartbeats(OnHeartbeat on_heartbeat) override;
  SubscriptionPtr OnReconnect(std::function<void()> on_reconnect) override;
  bool reliable() const override { return true; }

 private:
  Listeners listeners_;
};

}  // namespace parley::bus
