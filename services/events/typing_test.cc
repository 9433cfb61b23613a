#include "services/events/typing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"

namespace parley::events {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1000);

TEST(TypingTable, ListsWhoTypesUntilTheirTimeIsOver) {
  bus::MemoryBus bus;
  TypingTable typing(bus, 2);
  typing.Open(0, 1);
  typing.Open(1, 1);
  typing.Set("!r:a", "@b:a", kNow + absl::Seconds(5), kNow);
  typing.Set("!r:a", "@a:a", kNow + absl::Seconds(10), kNow);
  EXPECT_THAT(typing.Read("!r:a").user_ids, ElementsAre("@a:a", "@b:a"));
  EXPECT_TRUE(typing.Expire(kNow + absl::Seconds(5)));
  EXPECT_THAT(typing.Read("!r:a").user_ids, ElementsAre("@a:a"));
  EXPECT_FALSE(typing.Expire(kNow + absl::Seconds(6)));
}

TEST(TypingTable, WakesOnlyWhenTheSetChanges) {
  bus::MemoryBus bus;
  int wakes = 0;
  const auto subscription =
      bus.Subscribe(bus::Interest::All(), [&](const bus::Wake& wake) { wakes += wake.key == "!r:a"; });
  TypingTable typing(bus, 1);
  typing.Open(0, 1);
  typing.Set("!r:a", "@a:a", kNow + absl::Seconds(5), kNow);
  typing.Set("!r:a", "@a:a", kNow + absl::Seconds(9), kNow);
  EXPECT_EQ(wakes, 1);
  typing.Set("!r:a", "@a:a", absl::InfinitePast(), kNow);
  typing.Set("!r:a", "@a:a", absl::InfinitePast(), kNow);
  EXPECT_EQ(wakes, 2);
  EXPECT_THAT(typing.Read("!r:a").user_ids, IsEmpty());
}

TEST(TypingTable, APositionOfALaterOwnerIsGreater) {
  bus::MemoryBus bus;
  TypingTable before(bus, 1);
  before.Open(0, 1);
  before.Set("!r:a", "@a:a", kNow + absl::Seconds(5), kNow);
  before.Set("!r:a", "@b:a", kNow + absl::Seconds(5), kNow);
  TypingTable after(bus, 1);
  after.Open(0, 2);
  after.Set("!r:a", "@a:a", kNow + absl::Seconds(5), kNow);
  EXPECT_GT(after.Head(0).Packed(), before.Head(0).Packed());
}

}  // namespace
}  // namespace parley::events
