#include "services/calls/send_limits.h"

#include <gtest/gtest.h>

namespace parley::calls {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(SendLimits, LetABurstPassAndThenSoManyASecond) {
  SendLimits limits(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.Take("a", kNow), absl::ZeroDuration());
  const absl::Duration wait = limits.Take("a", kNow);
  EXPECT_EQ(wait, absl::Milliseconds(100));
  EXPECT_EQ(limits.Take("a", kNow + wait), absl::ZeroDuration());
  EXPECT_GT(limits.Take("a", kNow + wait), absl::ZeroDuration());
}

TEST(SendLimits, OfOneUserAreNotThoseOfAnother) {
  SendLimits limits(10, 1);
  EXPECT_EQ(limits.Take("a", kNow), absl::ZeroDuration());
  EXPECT_EQ(limits.Take("b", kNow), absl::ZeroDuration());
  EXPECT_GT(limits.Take("a", kNow), absl::ZeroDuration());
}

TEST(SendLimits, WhoRestedHasTheBurstAgainAndNoMore) {
  SendLimits limits(10, 3);
  for (int i = 0; i < 3; ++i) limits.Take("a", kNow);
  const absl::Time later = kNow + absl::Hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.Take("a", later), absl::ZeroDuration());
  EXPECT_GT(limits.Take("a", later), absl::ZeroDuration());
}

}  // namespace
}  // namespace parley::calls
