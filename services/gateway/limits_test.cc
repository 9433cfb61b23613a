#include "services/gateway/limits.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/status/matrix_error.h"
#include "common/testing/manual_clock.h"

namespace parley::gateway {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1000);

TEST(RateLimiter, AllowsABurstAndThenTheRate) {
  RateLimiter limiter({.per_second = 2, .burst = 3}, 100);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limiter.Take("a", kStart), absl::ZeroDuration());
  EXPECT_EQ(limiter.Take("a", kStart), absl::Milliseconds(500));
  EXPECT_EQ(limiter.Take("a", kStart + absl::Milliseconds(500)), absl::ZeroDuration());
  EXPECT_EQ(limiter.Take("a", kStart + absl::Milliseconds(500)), absl::Milliseconds(500));
}

TEST(RateLimiter, CountsKeysApart) {
  RateLimiter limiter({.per_second = 1, .burst = 1}, 100);
  EXPECT_EQ(limiter.Take("a", kStart), absl::ZeroDuration());
  EXPECT_EQ(limiter.Take("b", kStart), absl::ZeroDuration());
  EXPECT_GT(limiter.Take("a", kStart), absl::ZeroDuration());
}

TEST(RateLimiter, RemembersThoseWhoWaitWhileItForgetsOthers) {
  RateLimiter limiter({.per_second = 1, .burst = 1}, 10);
  for (int i = 0; i < 9; ++i) limiter.Take(StrCat("old", i), kStart);
  const absl::Time later = kStart + absl::Seconds(2);
  limiter.Take("recent", later);
  limiter.Take("another", later);
  EXPECT_GT(limiter.Take("recent", later), absl::ZeroDuration());
}

class LimitsTest : public ::testing::Test {
 protected:
  Config config_ = [] {
    Config config;
    config.login_rate = {1, 1};
    config.write_rate = {1, 1};
    return config;
  }();
  ::parley::testing::ManualClock clock_;
  Limits limits_{config_, clock_};
  Requester alice_{.user = UserId::Trusted("@alice:a"), .device_id = "A"};
};

TEST_F(LimitsTest, SayWhenToTryAgain) {
  EXPECT_TRUE(limits_.CheckUser(Limit::kWrite, alice_).ok());
  const MatrixError error = FromStatus(limits_.CheckUser(Limit::kWrite, alice_));
  EXPECT_EQ(error.errcode, "M_LIMIT_EXCEEDED");
  EXPECT_EQ(error.extra_json, "\"retry_after_ms\":1000");
}

TEST_F(LimitsTest, CountGuessesByAddress) {
  EXPECT_TRUE(limits_.CheckAddress(Limit::kLogin, "192.0.2.1").ok());
  EXPECT_FALSE(limits_.CheckAddress(Limit::kLogin, "192.0.2.1").ok());
  EXPECT_TRUE(limits_.CheckAddress(Limit::kLogin, "192.0.2.2").ok());
}

TEST_F(LimitsTest, LeaveReadsAloneWhenWritesAreUsedUp) {
  EXPECT_TRUE(limits_.CheckUser(Limit::kWrite, alice_).ok());
  EXPECT_TRUE(limits_.CheckUser(Limit::kRead, alice_).ok());
}

TEST_F(LimitsTest, CanBeSwitchedOff) {
  config_.rate_limits = false;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(limits_.CheckUser(Limit::kWrite, alice_).ok());
}

}  // namespace
}  // namespace parley::gateway
