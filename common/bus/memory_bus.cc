#include "common/bus/memory_bus.h"

#include <utility>

namespace parley::bus {

Bus::SubscriptionPtr MemoryBus::Subscribe(Interest interest, OnWake on_wake) {
  return listeners_.Add({.interest = std::move(interest), .on_wake = std::move(on_wake)});
}

Bus::SubscriptionPtr MemoryBus::SubscribeHeartbeats(OnHeartbeat on_heartbeat) {
  return listeners_.Add({.on_heartbeat = std::move(on_heartbeat)});
}

Bus::SubscriptionPtr MemoryBus::OnReconnect(std::function<void()> on_reconnect) {
  return listeners_.Add({.on_reconnect = std::move(on_reconnect)});
}

}  // namespace parley::bus
