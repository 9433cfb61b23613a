#include "common/runtime/work_pool.h"

#include <atomic>

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(WorkPool, RunsAllThatItAccepted) {
  std::atomic<int> ran = 0;
  WorkPool pool({.threads = 3});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.TryPost([&ran] { ++ran; }));
  pool.Drain();
  EXPECT_EQ(ran, 100);
}

TEST(WorkPool, RefusesWhenItsQueueIsFull) {
  absl::Notification started, release;
  WorkPool pool({.threads = 1, .max_queued = 1});
  ASSERT_TRUE(pool.TryPost([&] {
    started.Notify();
    release.WaitForNotification();
  }));
  started.WaitForNotification();
  EXPECT_TRUE(pool.TryPost([] {}));
  EXPECT_FALSE(pool.TryPost([] {}));
  EXPECT_EQ(pool.queued(), 1u);
  EXPECT_EQ(pool.busy(), 1);
  release.Notify();
}

TEST(WorkPool, RefusesAfterADrain) {
  WorkPool pool({.threads = 1});
  pool.Drain();
  EXPECT_FALSE(pool.TryPost([] {}));
}

TEST(WorkPool, RunsItsThreadsAtTheSameTime) {
  absl::Notification first, second;
  WorkPool pool({.threads = 2});
  ASSERT_TRUE(pool.TryPost([&] {
    first.Notify();
    second.WaitForNotification();
  }));
  ASSERT_TRUE(pool.TryPost([&] {
    second.Notify();
    first.WaitForNotification();
  }));
  pool.Drain();
}

}  // namespace
}  // namespace parley
