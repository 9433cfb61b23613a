#include "common/bus/redis_bus.h"

#include <utility>

#include "common/bus/listeners.h"
#include "common/bus/redis_publisher.h"
#include "common/bus/redis_subscriber.h"
#include "common/bus/wire.h"

namespace parley::bus {
namespace {

class RedisBus final : public Bus {
 public:
  explicit RedisBus(const RedisOptions& options)
      : publisher_(options),
        listeners_([this] { subscriber_.Refresh(); }),
        subscriber_(options, listeners_) {}

  void Publish(const Wake& wake) override {
    publisher_.Publish(ChannelOf(wake.service, wake.partition), EncodeWake(wake));
  }
  SubscriptionPtr Subscribe(Interest interest, OnWake on_wake) override {
    return listeners_.Add({.interest = std::move(interest), .on_wake = std::move(on_wake)});
  }
  void PublishHeartbeat(const Heartbeat& heartbeat) override {
    publisher_.Publish(std::string(kHeartbeats), EncodeHeartbeat(heartbeat));
  }
  SubscriptionPtr SubscribeHeartbeats(OnHeartbeat on_heartbeat) override {
    return listeners_.Add({.on_heartbeat = std::move(on_heartbeat)});
  }
  SubscriptionPtr OnReconnect(std::function<void()> on_reconnect) override {
    return listeners_.Add({.on_reconnect = std::move(on_reconnect)});
  }
  bool reliable() const override { return false; }

 private:
  RedisPublisher publisher_;
  Listeners listeners_;
  RedisSubscriber subscriber_;
};

}  // namespace

std::unique_ptr<Bus> MakeRedisBus(const RedisOptions& options) {
  return std::make_unique<RedisBus>(options);
}

}  // namespace parley::bus
