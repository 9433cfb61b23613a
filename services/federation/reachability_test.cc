#include "services/federation/reachability.h"

#include <gtest/gtest.h>

namespace parley::federation {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(Reachability, AServerThatFailedIsLeftAloneForLongerEachTime) {
  Reachability servers;
  EXPECT_TRUE(servers.MayAsk("a", kNow));
  servers.Failed("a", kNow);
  EXPECT_FALSE(servers.MayAsk("a", kNow + absl::Seconds(1)));
  EXPECT_TRUE(servers.MayAsk("a", kNow + absl::Seconds(2)));
  servers.Failed("a", kNow);
  EXPECT_FALSE(servers.MayAsk("a", kNow + absl::Seconds(3)));
  EXPECT_TRUE(servers.MayAsk("a", kNow + absl::Seconds(4)));
  EXPECT_TRUE(servers.MayAsk("b", kNow));
}

TEST(Reachability, NobodyIsLeftAloneForMoreThanFiveMinutes) {
  Reachability servers;
  for (int i = 0; i < 100; ++i) servers.Failed("a", kNow);
  EXPECT_FALSE(servers.MayAsk("a", kNow + absl::Seconds(299)));
  EXPECT_TRUE(servers.MayAsk("a", kNow + absl::Minutes(5)));
}

TEST(Reachability, AServerThatSpeaksIsAskedAgain) {
  Reachability servers;
  for (int i = 0; i < 10; ++i) servers.Failed("a", kNow);
  servers.Reached("a");
  EXPECT_TRUE(servers.MayAsk("a", kNow));
  EXPECT_EQ(servers.unreachable(), 0u);
}

}  // namespace
}  // namespace parley::federation
