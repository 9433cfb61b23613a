#include "common/runtime/timer_wheel.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace parley {
namespace {

using Wheel = TimerWheel<std::string>;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

TEST(TimerWheel, GivesEachTimerOnceAndNeverEarly) {
  Wheel wheel(kStart);
  wheel.Set("a", kStart + absl::Milliseconds(120));
  EXPECT_TRUE(wheel.TakeDue(kStart + absl::Milliseconds(119)).empty());
  EXPECT_EQ(wheel.TakeDue(kStart + absl::Milliseconds(200)), std::vector<std::string>{"a"});
  EXPECT_TRUE(wheel.TakeDue(kStart + absl::Hours(1)).empty());
}

TEST(TimerWheel, MovesAndCancels) {
  Wheel wheel(kStart);
  for (const char* name : {"later", "sooner", "gone"}) wheel.Set(name, kStart + absl::Seconds(5));
  wheel.Set("later", kStart + absl::Seconds(9));
  wheel.Set("sooner", kStart + absl::Seconds(1));
  wheel.Cancel("gone");
  EXPECT_EQ(wheel.TakeDue(kStart + absl::Seconds(2)), std::vector<std::string>{"sooner"});
  EXPECT_TRUE(wheel.TakeDue(kStart + absl::Seconds(8)).empty());
  EXPECT_EQ(wheel.TakeDue(kStart + absl::Seconds(10)), std::vector<std::string>{"later"});
  EXPECT_EQ(wheel.size(), 0u);
}

// A coarse wheel of few slots: one turn takes eight seconds.
TEST(TimerWheel, KeepsTimersForManyTurns) {
  TimerWheel<int> wheel(kStart, {.resolution = absl::Seconds(1), .slots = 8});
  wheel.Set(1, kStart + absl::Seconds(30));
  wheel.Set(2, kStart + absl::Seconds(31));
  std::vector<int> due;
  for (int second = 0; second <= 31; ++second) {
    for (const int key : wheel.TakeDue(kStart + absl::Seconds(second))) {
      EXPECT_GE(second, 30);
      due.push_back(key);
    }
  }
  EXPECT_EQ(due, std::vector<int>{1});
}

// 10,000 timers moved, cancelled and set again at random for ten turns of the wheel, against a
// plain map.
TEST(TimerWheel, AgreesWithAMap) {
  std::mt19937 random(7);
  Wheel wheel(kStart);
  std::map<std::string, absl::Time> expected;
  absl::Time now = kStart;
  for (int step = 0; step < 100'000; ++step) {
    const std::string name = std::to_string(random() % 10'000);
    if (random() % 8 == 0) {
      wheel.Cancel(name);
      expected.erase(name);
    } else {
      const absl::Time at = now + absl::Milliseconds(random() % 600'000);
      wheel.Set(name, at);
      expected[name] = at;
    }
    now += absl::Milliseconds(random() % 40);
    for (const std::string& due : wheel.TakeDue(now)) {
      const auto found = expected.find(due);
      ASSERT_NE(found, expected.end()) << due;
      EXPECT_LE(found->second, now);
      EXPECT_LE(now - found->second, absl::Milliseconds(101));
      expected.erase(found);
    }
  }
  wheel.TakeDue(now + absl::Hours(1));
  EXPECT_EQ(wheel.size(), 0u);
}

}  // namespace
}  // namespace parley
