#include "common/bus/wire.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace parley::bus {
namespace {

TEST(BusWire, ReadsTheTopicOfAChannel) {
  EXPECT_EQ(TopicOf(ChannelOf("device_lists", 1023)), (Topic{"device_lists", 1023}));
}

TEST(BusWire, IgnoresChannelsOfOthers) {
  for (const std::string_view channel :
       {"", "parley", "parley:", "parley:events", "parley::3", "parley:events:", "parley:events:x",
        "parley:events:-1", "parley:events:70000", "other:events:3"}) {
    EXPECT_FALSE(TopicOf(channel)) << channel;
  }
}

TEST(BusWire, IgnoresWakesThatAreNone) {
  const Topic topic{"events", 3};
  EXPECT_EQ(DecodeWake(topic, "12 !a b")->key, "!a b");
  for (const std::string& payload :
       {std::string(""), std::string("12"), std::string("x !a"), std::string("-1 !a"),
        std::string("99999999999999999999 !a"), StrCat("1 ", std::string(5000, 'k'))}) {
    EXPECT_FALSE(DecodeWake(topic, payload)) << payload;
  }
}

TEST(BusWire, IgnoresHeartbeatsThatAreNone) {
  EXPECT_TRUE(DecodeHeartbeat(EncodeHeartbeat({})));
  EXPECT_TRUE(DecodeHeartbeat("alive 0\nfrom the future"));
  for (const std::string_view payload :
       {"alive x", "alive 70000", "head events 3", "head events x 1", "head events 3 -1"}) {
    EXPECT_FALSE(DecodeHeartbeat(payload)) << payload;
  }
}

}  // namespace
}  // namespace parley::bus
