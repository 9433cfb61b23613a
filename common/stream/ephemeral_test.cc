#include "common/stream/ephemeral.h"

#include <string>

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/memory_bus.h"

namespace parley::stream {
namespace {

TEST(EphemeralPosition, GrowsAsOneNumberWithEpochAndCounter) {
  const EphemeralPosition old{2, 0xffff'ffff};
  const EphemeralPosition young{3, 1};
  EXPECT_LT(old.Packed(), young.Packed());
  EXPECT_EQ(EphemeralPosition::Unpack(old.Packed()), old);
  EXPECT_EQ(EphemeralPosition::Unpack(young.Packed()), young);
}

TEST(EphemeralStream, CountsFromOneInItsEpochAndWakes) {
  bus::MemoryBus bus;
  std::string woken;
  const auto wakes = bus.Subscribe(bus::Interest::All(), [&](const bus::Wake& wake) {
    const EphemeralPosition position = EphemeralPosition::Unpack(wake.position);
    StrAppend(&woken, wake.service, "/", wake.partition, ":", position.epoch, ".", position.counter,
              "=", wake.key, " ");
  });
  EphemeralStream typing(bus, "typing", 3, 7);
  EXPECT_EQ(typing.head(), (EphemeralPosition{7, 0}));
  EXPECT_EQ(typing.Advance("!a:b"), (EphemeralPosition{7, 1}));
  EXPECT_EQ(typing.Advance("!c:d"), (EphemeralPosition{7, 2}));
  EXPECT_EQ(typing.head(), (EphemeralPosition{7, 2}));
  EXPECT_EQ(woken, "typing/3:7.1=!a:b typing/3:7.2=!c:d ");
}

}  // namespace
}  // namespace parley::stream
