#include "common/status/matrix_error.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(MatrixError, SurvivesTheTripThroughAStatus) {
  const absl::Status status = LimitExceeded(1500);
  const MatrixError error = FromStatus(status);
  EXPECT_EQ(error.http_status, 429);
  EXPECT_EQ(error.errcode, "M_LIMIT_EXCEEDED");
  EXPECT_EQ(error.extra_json, "\"retry_after_ms\":1500");
  EXPECT_TRUE(HasErrcode(status, "M_LIMIT_EXCEEDED"));
}

TEST(MatrixError, HidesTheTextOfAnInternalFailure) {
  const MatrixError error = FromStatus(absl::InternalError("SELECT * FROM secrets"));
  EXPECT_EQ(error.http_status, 500);
  EXPECT_EQ(error.message, "Internal server error");
}

TEST(MatrixError, TurnsAnUnreachableDependencyInto503) {
  EXPECT_EQ(FromStatus(absl::UnavailableError("redis")).http_status, 503);
  EXPECT_EQ(FromStatus(absl::ResourceExhaustedError("queue")).http_status, 429);
}

}  // namespace
}  // namespace parley
