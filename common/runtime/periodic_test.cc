#include "common/runtime/periodic.h"

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Periodic, CallsAgainAndAgain) {
  int calls = 0;
  absl::Notification third;
  Periodic periodic("test", absl::Milliseconds(1), [&] {
    if (++calls == 3) third.Notify();
  });
  third.WaitForNotification();
}

TEST(Periodic, EndsWithoutWaitingForItsPeriod) {
  Periodic periodic("test", absl::Hours(1), [] { FAIL(); });
}

}  // namespace
}  // namespace parley
