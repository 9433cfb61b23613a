#include "common/federation/well_known_cache.h"

#include <gtest/gtest.h>

namespace parley::federation {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'445'412'480);  // Wed, 21 Oct 2015 07:28:00 GMT

TEST(WellKnownCache, KeepsAnAnswerForADayWhenNothingIsSaid) {
  EXPECT_EQ(WellKnownLifetime("", "", kNow), absl::Hours(24));
  EXPECT_EQ(WellKnownLifetime("public", "nonsense", kNow), absl::Hours(24));
}

TEST(WellKnownCache, FollowsTheHeadersWithinBounds) {
  EXPECT_EQ(WellKnownLifetime("public, max-age=3600", "", kNow), absl::Hours(1));
  EXPECT_EQ(WellKnownLifetime("Max-Age=99999999999", "", kNow), absl::Hours(48));
  EXPECT_EQ(WellKnownLifetime("max-age=0", "", kNow), absl::Minutes(5));
  EXPECT_EQ(WellKnownLifetime("no-store", "", kNow), absl::Minutes(5));
  EXPECT_EQ(WellKnownLifetime("", "Wed, 21 Oct 2015 09:28:00 GMT", kNow), absl::Hours(2));
  EXPECT_EQ(WellKnownLifetime("max-age=3600", "Wed, 21 Oct 2015 09:28:00 GMT", kNow),
            absl::Hours(1));
}

TEST(WellKnownCache, AFailureIsKeptLongerEachTimeAndAnHourAtMost) {
  EXPECT_EQ(WellKnownFailureLifetime(1), absl::Minutes(2));
  EXPECT_EQ(WellKnownFailureLifetime(2), absl::Minutes(4));
  EXPECT_EQ(WellKnownFailureLifetime(1000), absl::Hours(1));
}

}  // namespace
}  // namespace parley::federation
