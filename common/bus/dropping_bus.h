#pragma once

#include <utility>

#include "common/bus/bus.h"

namespace parley::bus {

// Another bus with every wake and heartbeat dropped (`bus.drop_all`): shows that correctness
// doesn't rest on wakes. Lifetime: borrows the bus beneath.
class DroppingBus final : public Bus {
 public:
  explicit DroppingBus(Bus& beneath) : beneath_(beneath) {}

  void Publish(const Wake&) override {}
  SubscriptionPtr Subscribe(Interest interest, OnWake on_wake) override {
    return beneath_.Subscribe(std::move(interest), std::move(on_wake));
  }
  void PublishHeartbeat(const Heartbeat&) override {}
  SubscriptionPtr SubscribeHeartbeats(OnHeartbeat on_heartbeat) override {
    return beneath_.SubscribeHeartbeats(std::move(on_heartbeat));
  }
  SubscriptionPtr OnReconnect(std::function<void()> on_reconnect) override {
    return beneath_.OnReconnect(std::move(on_reconnect));
  }
  bool reliable() const override { return false; }

 private:
  Bus& beneath_;
};

}  // namespace parley::bus
