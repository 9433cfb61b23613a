#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "common/bus/topic.h"

namespace parley::bus {

// Ends what it stands for when destroyed: after the destructor no callback runs or will run. Don't
// destroy it inside its own callback.
class Subscription {
 public:
  virtual ~Subscription() = default;
};

// Which wakes to hear: those of some topics, or all.
struct Interest {
  static Interest All() { return {true, {}}; }
  static Interest Of(std::vector<Topic> topics) { return {false, std::move(topics)}; }

  bool all = false;
  std::vector<Topic> topics;
};

// Carries wakes from the owners of streams to those who wait. It promises little: a wake may be
// lost, doubled, late or out of order, and only ever says where to look. So a waiter subscribes
// first, then reads, then sleeps; on OnReconnect it reads again; and a HeadWatcher finds what got
// lost.
//
// Lifetime: outlives its subscriptions. Threads: every method from any. Callbacks come from the
// bus's own thread or, in memory, from the publisher's: they are short, never wait and never call
// the bus; several may run at once.
class Bus {
 public:
  using OnWake = std::function<void(const Wake&)>;
  using OnHeartbeat = std::function<void(const Heartbeat&)>;
  using SubscriptionPtr = std::unique_ptr<Subscription>;

  virtual ~Bus() = default;

  // Never blocks; drops the wake when it can't be sent.
  virtual void Publish(const Wake& wake) = 0;
  [[nodiscard]] virtual SubscriptionPtr Subscribe(Interest interest, OnWake on_wake) = 0;

  virtual void PublishHeartbeat(const Heartbeat& heartbeat) = 0;
  [[nodiscard]] virtual SubscriptionPtr SubscribeHeartbeats(OnHeartbeat on_heartbeat) = 0;

  // `on_reconnect` runs when wakes may have been lost: wake everyone.
  [[nodiscard]] virtual SubscriptionPtr OnReconnect(std::function<void()> on_reconnect) = 0;

  // True when no wake of this process can get lost on the way: then nobody needs heartbeats or
  // polls.
  virtual bool reliable() const = 0;
};

}  // namespace parley::bus
