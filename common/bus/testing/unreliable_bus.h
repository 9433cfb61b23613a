#pragma once

#include <functional>
#include <utility>

#include "common/bus/bus.h"
#include "common/bus/memory_bus.h"

namespace parley::bus {

// Delivers everything and promises nothing: silence on it is no sign that nothing happened.
class UnreliableBus final : public Bus {
 public:
  void Publish(const Wake& wake) override { beneath_.Publish(wake); }
  SubscriptionPtr Subscribe(Interest interest, OnWake on_wake) override {
    return beneath_.Subscribe(std::move(interest), std::move(on_wake));
  }
  void PublishHeartbeat(const Heartbeat& heartbeat) override {
    beneath_.PublishHeartbeat(heartbeat);
  }
  SubscriptionPtr SubscribeHeartbeats(OnHeartbeat on_heartbeat) override {
    return beneath_.SubscribeHeartbeats(std::move(on_heartbeat));
  }
  SubscriptionPtr OnReconnect(std::function<void()> on_reconnect) override {
    return beneath_.OnReconnect(std::move(on_reconnect));
  }
  bool reliable() const override { return false; }

 private:
  MemoryBus beneath_;
};

}  // namespace parley::bus
