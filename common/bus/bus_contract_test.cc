// What every bus promises; the Redis half runs against a real server.
#include "common/bus/bus.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/memory_bus.h"
#include "common/bus/redis_bus.h"
#include "common/bus/testing/journal.h"
#include "common/bus/testing/redis_server.h"

namespace parley::bus {
namespace {

using testing::Contains;
using testing::Not;

class Kind {
 public:
  virtual ~Kind() = default;
  virtual Bus& bus() = 0;
};

class MemoryKind final : public Kind {
 public:
  Bus& bus() override { return bus_; }

 private:
  MemoryBus bus_;
};

class RedisKind final : public Kind {
 public:
  Bus& bus() override { return *bus_; }

 private:
  RedisServer server_;
  std::unique_ptr<Bus> bus_ = MakeRedisBus({.port = server_.port()});
};

struct Named {
  std::string name;
  std::function<std::unique_ptr<Kind>()> make;
};

std::string Print(const Wake& wake) {
  return StrCat(wake.service, "/", wake.partition, ":", wake.position, "=", wake.key);
}

class BusContract : public testing::TestWithParam<Named> {
 protected:
  Bus& bus() { return kind_->bus(); }

  Bus::SubscriptionPtr Listen(Interest interest, Journal& journal) {
    return bus().Subscribe(std::move(interest),
                           [&](const Wake& wake) { journal.Add(Print(wake)); });
  }

  // Publishes marks until the journal hears one: from then on the subscription works.
  void AwaitSubscribed(const Topic& topic, Journal& journal) {
    do {
      bus().Publish({topic.service, topic.partition, 1, "mark"});
      std::this_thread::yield();
    } while (testing::Value(journal.lines(),
                            Not(Contains(StrCat(topic.service, "/", topic.partition, ":1=mark")))));
  }

  const std::unique_ptr<Kind> kind_ = GetParam().make();
};

TEST_P(BusContract, CarriesAWakeToThoseWhoWantItsTopic) {
  Journal journal;
  const auto subscription = Listen(Interest::Of({{"events", 3}, {"typing", 4}}), journal);
  AwaitSubscribed({"events", 3}, journal);
  AwaitSubscribed({"typing", 4}, journal);
  bus().Publish({"events", 4, 8, "!elsewhere:x"});
  bus().Publish({"events", 3, 9, "!room with spaces:x"});
  EXPECT_TRUE(journal.Await("events/3:9=!room with spaces:x"));
  EXPECT_THAT(journal.lines(), Not(Contains("events/4:8=!elsewhere:x")));
}

TEST_P(BusContract, CarriesEveryWakeToThoseWhoWantAll) {
  Journal journal;
  const auto subscription = Listen(Interest::All(), journal);
  AwaitSubscribed({"events", 3}, journal);
  bus().Publish({"accounts", 77, 5, "@a:b"});
  bus().Publish({"to_device", 1023, INT64_MAX, ""});
  EXPECT_TRUE(journal.Await("accounts/77:5=@a:b"));
  EXPECT_TRUE(journal.Await(StrCat("to_device/1023:", INT64_MAX, "=")));
}

TEST_P(BusContract, HearsAWakeOnceAlsoWhenSomeoneElseWantsAll) {
  Journal one;
  Journal all;
  const auto first = Listen(Interest::Of({{"events", 3}}), one);
  const auto second = Listen(Interest::All(), all);
  AwaitSubscribed({"events", 3}, one);
  AwaitSubscribed({"accounts", 1}, all);
  bus().Publish({"events", 3, 9, "x"});
  bus().Publish({"events", 3, 10, "x"});
  EXPECT_TRUE(one.Await("events/3:10=x"));
  EXPECT_TRUE(all.Await("events/3:10=x"));
  const auto lines = one.lines();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "events/3:9=x"), 1);
}

TEST_P(BusContract, CallsNobodyWhoHasUnsubscribed) {
  Journal journal;
  auto subscription = Listen(Interest::Of({{"events", 3}}), journal);
  AwaitSubscribed({"events", 3}, journal);
  subscription.reset();
  const size_t heard = journal.lines().size();
  Journal other;
  const auto second = Listen(Interest::Of({{"events", 3}}), other);
  AwaitSubscribed({"events", 3}, other);
  EXPECT_EQ(journal.lines().size(), heard);
}

TEST_P(BusContract, CarriesHeartbeats) {
  Journal journal;
  const auto subscription = bus().SubscribeHeartbeats([&](const Heartbeat& heartbeat) {
    std::string line;
    for (const std::string& service : heartbeat.services) StrAppend(&line, service, " ");
    for (const Partition partition : heartbeat.alive) StrAppend(&line, partition, " ");
    for (const Head& head : heartbeat.moved)
      StrAppend(&line, head.topic.service, head.topic.partition, "@", head.position);
    journal.Add(line);
  });
  const std::string expected = "accounts events 0 1 15 events1@7";
  while (!testing::Value(journal.lines(), Contains(expected))) {
    bus().PublishHeartbeat({{"accounts", "events"}, {0, 1, 15}, {{{"events", 1}, 7}}});
    std::this_thread::yield();
  }
}

TEST_P(BusContract, TakesSubscriptionsAndWakesFromManyThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (Partition p = 0; p < 50; ++p) {
        Journal journal;
        const auto subscription = Listen(Interest::Of({{"events", p % 8}}), journal);
        bus().Publish({"events", p % 8, t, "x"});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BusContract,
    testing::Values(Named{"Memory", [] { return std::make_unique<MemoryKind>(); }},
                    Named{"Redis", [] { return std::make_unique<RedisKind>(); }}),
    [](const auto& info) { return info.param.name; });

TEST(RedisBus, TellsListenersToLookAgainAfterRedisWasAway) {
  RedisServer server;
  Journal journal;
  const auto bus = MakeRedisBus({.port = server.port(), .max_backoff = absl::Milliseconds(50)});
  const auto reconnects = bus->OnReconnect([&] { journal.Add("reconnected"); });
  const auto wakes = bus->Subscribe(Interest::Of({{"events", 3}}),
                                    [&](const Wake& wake) { journal.Add(Print(wake)); });
  ASSERT_TRUE(journal.Await("events/3:0="));  // the subscription is confirmed: look
  server.Stop();
  bus->Publish({"events", 3, 1, "lost"});
  server.Start();
  ASSERT_TRUE(journal.Await("events/3:0=", 2));
  EXPECT_TRUE(journal.Await("reconnected"));
  while (!testing::Value(journal.lines(), Contains("events/3:2=back"))) {
    bus->Publish({"events", 3, 2, "back"});
    std::this_thread::yield();
  }
}

TEST(RedisBus, DoesNotBlockOrFailWithoutRedis) {
  uint16_t port = 0;
  {
    RedisServer gone;
    port = gone.port();
  }
  const auto bus = MakeRedisBus({.port = port, .max_unsent = 10});
  const auto wakes = bus->Subscribe(Interest::All(), [](const Wake&) {});
  for (int i = 0; i < 1000; ++i) bus->Publish({"events", 3, i, "x"});
}

}  // namespace
}  // namespace parley::bus
