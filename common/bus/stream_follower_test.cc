#include "common/bus/stream_follower.h"

#include <deque>

#include <gmock/gmock.h>

#include "common/bus/memory_bus.h"

namespace parley::bus {
namespace {

using ::testing::ElementsAre;
using Answer = std::optional<std::vector<Progress>>;

// Follows two partitions; answers what it is told to, and remembers what it was asked.
class StreamFollowerTest : public ::testing::Test {
 protected:
  void Start() {
    follower_.emplace(
        bus_, Clock::System(),
        StreamFollower::Options{
            .wakes = "news",
            .service = "stream",
            .begin = {5, 0},
            .poll = [] { return std::vector<Head>(); },
            .read = [this](const std::vector<Progress>& behind) { return Read(behind); }});
  }

  Answer Read(const std::vector<Progress>& behind) {
    absl::MutexLock lock(&mutex_);
    for (const Progress& progress : behind) {
      asked_.push_back({progress.partition, progress.position});
    }
    if (std::exchange(restart_within_read_, false)) follower_->Restart({1}, 0);
    if (answers_.empty()) return std::vector<Progress>();
    Answer answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  // What was asked, once it is `count` partitions.
  std::vector<std::pair<Partition, int64_t>> Asked(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return asked_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30)));
    return asked_;
  }

  MemoryBus bus_;
  absl::Mutex mutex_;
  std::deque<Answer> answers_;
  bool restart_within_read_ = false;
  std::vector<std::pair<Partition, int64_t>> asked_;
  std::optional<StreamFollower> follower_;  // ends first
};

TEST_F(StreamFollowerTest, BeginsWhereItWasToldAndGoesOnWithEachWake) {
  answers_ = {std::vector<Progress>{{0, 7}, {1, 2}}};
  Start();
  EXPECT_THAT(Asked(2), ElementsAre(std::pair(0, 5), std::pair(1, 0)));
  bus_.Publish({.service = "news", .partition = 1, .position = 3, .key = ""});
  EXPECT_THAT(Asked(3).back(), std::pair(1, 2));
}

TEST_F(StreamFollowerTest, LeavesAloneWhatItHasRead) {
  answers_ = {std::vector<Progress>{{0, 7}, {1, 2}}};
  Start();
  Asked(2);
  bus_.Publish({.service = "news", .partition = 1, .position = 3, .key = ""});
  Asked(3);  // so the first answer was noted
  bus_.Publish({.service = "news", .partition = 0, .position = 7, .key = ""});
  bus_.Publish({.service = "news", .partition = 1, .position = 4, .key = ""});
  EXPECT_THAT(Asked(4).back(), std::pair(1, 2));
}

TEST_F(StreamFollowerTest, ReadsOnWhileThereIsMore) {
  answers_ = {std::vector<Progress>{{0, 6, true}, {1, 0}}};
  Start();
  EXPECT_THAT(Asked(3).back(), std::pair(0, 6));
}

TEST_F(StreamFollowerTest, ReadsAPartitionAnewWhenToldTo) {
  answers_ = {std::vector<Progress>{{0, 7}, {1, 2}}};
  Start();
  Asked(2);
  follower_->Restart({1}, 0);
  EXPECT_THAT(Asked(3).back(), std::pair(1, 0));
}

TEST_F(StreamFollowerTest, WhatAReadOfBeforeHasDoneDoesNotCount) {
  Start();
  Asked(2);
  {
    absl::MutexLock lock(&mutex_);
    restart_within_read_ = true;
    answers_ = {std::vector<Progress>{{1, 9}}};
  }
  bus_.Publish({.service = "news", .partition = 1, .position = 9, .key = ""});
  EXPECT_THAT(Asked(4).back(), std::pair(1, 0));
}

TEST_F(StreamFollowerTest, TriesAgainWhatFailed) {
  answers_ = {std::nullopt};
  Start();
  EXPECT_THAT(Asked(4),
              ElementsAre(std::pair(0, 5), std::pair(1, 0), std::pair(0, 5), std::pair(1, 0)));
}

}  // namespace
}  // namespace parley::bus
