#include "common/bus/head_watcher.h"

#include <atomic>
#include <memory>
#include <string>

#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/dropping_bus.h"
#include "common/bus/heartbeat.h"
#include "common/bus/memory_bus.h"
#include "common/bus/testing/journal.h"
#include "common/bus/testing/unreliable_bus.h"

namespace parley::bus {
namespace {

const Topic kTopic{"events", 3};

HeadWatcher::Options Watch(Journal& journal, HeadWatcher::Poll poll) {
  return {.services = {"events"},
          .poll = std::move(poll),
          .on_head =
              [&](const Head& head) {
                journal.Add(StrCat(head.topic.service, head.topic.partition, "@", head.position));
              },
          .period = absl::Milliseconds(5)};
}

std::vector<Head> NobodyAnswers(const std::string&) {
  return {};
}

TEST(HeadWatcher, LearnsHeadsByPollingWhenEveryWakeIsDropped) {
  MemoryBus memory;
  DroppingBus bus(memory);
  Journal journal;
  HeadWatcher watcher(bus, Clock::System(), Watch(journal, [](const std::string& service) {
                        return std::vector<Head>{{{service, 3}, 17}};
                      }));
  bus.Publish({"events", 3, 17, "!room"});
  EXPECT_TRUE(journal.Await("events3@17"));
  EXPECT_EQ(watcher.head(kTopic), 17);
  EXPECT_GT(watcher.last_heard(kTopic), absl::Now() - absl::Minutes(1));
}

TEST(HeadWatcher, TellsOnlyHeadsThatNoWakeTold) {
  UnreliableBus bus;
  Journal journal;
  HeadWatcher watcher(bus, Clock::System(), Watch(journal, NobodyAnswers));
  bus.Publish({"events", 3, 5, "!room"});
  EXPECT_EQ(watcher.head(kTopic), 5);
  bus.PublishHeartbeat({{"events"}, {3}, {{kTopic, 5}}});
  bus.PublishHeartbeat({{"events"}, {3}, {{kTopic, 6}}});
  bus.PublishHeartbeat({{"events"}, {3}, {{kTopic, 6}}});
  EXPECT_EQ(journal.lines(), std::vector<std::string>{"events3@6"});
}

TEST(HeadWatcher, KnowsWhenAnOwnerWasNeverHeard) {
  UnreliableBus bus;
  Journal journal;
  HeadWatcher watcher(bus, Clock::System(), Watch(journal, NobodyAnswers));
  EXPECT_EQ(watcher.last_heard(kTopic), absl::InfinitePast());
  bus.PublishHeartbeat({{"events"}, {3}, {}});
  EXPECT_GT(watcher.last_heard(kTopic), absl::InfinitePast());
  EXPECT_EQ(watcher.last_heard({"events", 4}), absl::InfinitePast());
}

TEST(HeadWatcher, TrustsABusThatLosesNothing) {
  MemoryBus bus;
  Journal journal;
  HeadWatcher watcher(bus, Clock::System(), Watch(journal, NobodyAnswers));
  EXPECT_GT(watcher.last_heard(kTopic), absl::Now() - absl::Minutes(1));
}

TEST(Heartbeat, TellsAWatcherWhatAMissingWakeWouldHave) {
  UnreliableBus bus;
  Journal journal;
  HeadWatcher watcher(bus, Clock::System(), Watch(journal, NobodyAnswers));
  std::atomic<int64_t> position = 1;
  HeartbeatSender sender(bus, Clock::System(),
                         {.heads =
                              [&] {
                                return std::vector<Head>{{kTopic, position}};
                              },
                          .period = absl::Milliseconds(5)});
  EXPECT_TRUE(journal.Await("events3@1"));
  position = 2;
  EXPECT_TRUE(journal.Await("events3@2"));
}

}  // namespace
}  // namespace parley::bus
