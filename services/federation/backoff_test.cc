#include "services/federation/backoff.h"

#include <gtest/gtest.h>

namespace parley::federation {
namespace {

constexpr BackoffLimits kLimits = {};
const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

absl::Duration PauseAfter(int64_t failures, double jitter,
                          std::optional<absl::Duration> asked = std::nullopt) {
  return AfterFailure({.failures = failures}, kNow, jitter, asked, kLimits).retry_at - kNow;
}

TEST(Backoff, DoublesWithEachFailureUpToTheLongest) {
  struct Case {
    int64_t failures;
    absl::Duration pause;
  };
  for (const Case& c :
       {Case{0, absl::Seconds(2)}, Case{1, absl::Seconds(4)}, Case{5, absl::Seconds(64)},
        Case{10, absl::Seconds(2048)}, Case{11, absl::Hours(1)}, Case{1'000'000, absl::Hours(1)}}) {
    EXPECT_EQ(PauseAfter(c.failures, 0.5), c.pause) << c.failures;
  }
}

TEST(Backoff, IsSpreadByAQuarterToEitherSide) {
  EXPECT_EQ(PauseAfter(0, 0), absl::Seconds(1.5));
  EXPECT_LT(PauseAfter(0, 0.999), absl::Seconds(2.5));
  EXPECT_GT(PauseAfter(0, 0.999), absl::Seconds(2.49));
}

TEST(Backoff, HeedsWhatTheServerAsksForWithinTheLongest) {
  EXPECT_EQ(PauseAfter(0, 0.5, absl::Seconds(60)), absl::Seconds(60));
  EXPECT_EQ(PauseAfter(5, 0.5, absl::Seconds(1)), absl::Seconds(64));
  EXPECT_EQ(PauseAfter(0, 0.5, absl::Hours(1000)), absl::Hours(1));
}

TEST(Backoff, CountsFailuresInARow) {
  Backoff backoff;
  for (int64_t n = 1; n <= 3; ++n) {
    backoff = AfterFailure(backoff, kNow, 0.5, std::nullopt, kLimits);
    EXPECT_EQ(backoff.failures, n);
  }
}

}  // namespace
}  // namespace parley::federation
