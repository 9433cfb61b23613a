#include "common/runtime/exit_deadline.h"

#include <cstdlib>
#include <thread>

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(ExitDeadlineDeathTest, EndsAProcessThatWaitsForEver) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        const ExitDeadline deadline(absl::Milliseconds(10));
        absl::Notification().WaitForNotification();
      },
      testing::ExitedWithCode(0), "");
}

TEST(ExitDeadlineDeathTest, LeavesAProcessAloneThatEndsInTime) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        { const ExitDeadline deadline(absl::Minutes(10)); }
        std::_Exit(3);
      },
      testing::ExitedWithCode(3), "");
}

}  // namespace
}  // namespace parley
