#include "services/profile/job.h"

#include <gtest/gtest.h>

namespace parley::profile {
namespace {

constexpr uint32_t kPartitions = 16;

// Writes all that is due, side by side, and returns how many rooms that were.
int WriteAll(Job& job, const std::vector<Partition>& lanes) {
  int written = 0;
  for (const Partition lane : lanes) {
    while (const auto room = job.Take(lane)) {
      job.Finish(lane, *room, job.generation(), true);
      ++written;
    }
  }
  return written;
}

std::vector<std::string> ManyRooms() {
  std::vector<std::string> rooms;
  for (int i = 0; i < 200; ++i) rooms.push_back("!" + std::to_string(i) + ":x");
  return rooms;
}

TEST(Job, WorksInAllPartitionsAtOnce) {
  Job job(1, absl::UnixEpoch());
  const auto lanes = job.SetRooms(ManyRooms(), kPartitions);
  EXPECT_EQ(lanes.size(), kPartitions);
  EXPECT_EQ(job.rooms_pending(), 200u);
  EXPECT_TRUE(job.SetRooms(ManyRooms(), kPartitions).empty()) << "no lane has two workers";
  EXPECT_EQ(WriteAll(job, lanes), 200);
  EXPECT_TRUE(job.AtRest());
  EXPECT_EQ(job.rooms_done(), 200u);
}

TEST(Job, WritesARoomOncePerGeneration) {
  Job job(1, absl::UnixEpoch());
  WriteAll(job, job.SetRooms(ManyRooms(), kPartitions));
  EXPECT_TRUE(job.SetRooms(ManyRooms(), kPartitions).empty());
}

TEST(Job, FindsARoomThatWasJoinedMeanwhile) {
  Job job(1, absl::UnixEpoch());
  WriteAll(job, job.SetRooms({"!a:x"}, kPartitions));
  EXPECT_EQ(WriteAll(job, job.SetRooms({"!a:x", "!b:x"}, kPartitions)), 1);
}

TEST(Job, ForgetsARoomThatWasLeft) {
  Job job(1, absl::UnixEpoch());
  (void)job.SetRooms({"!a:x"}, kPartitions);
  (void)job.SetRooms({}, kPartitions);
  EXPECT_EQ(job.rooms_pending(), 0u);
}

TEST(Job, ARoomUnderWayWithTheOldNameIsWrittenAgain) {
  Job job(1, absl::UnixEpoch());
  const auto lanes = job.SetRooms({"!a:x"}, kPartitions);
  const auto room = job.Take(lanes[0]);
  job.Renew(2, absl::UnixEpoch());
  job.Finish(lanes[0], *room, 1, true);
  EXPECT_EQ(WriteAll(job, lanes), 1);
}

TEST(Job, ARoomThatCouldNotBeWrittenIsDueAgain) {
  Job job(1, absl::UnixEpoch());
  const auto lanes = job.SetRooms({"!a:x"}, kPartitions);
  job.Finish(lanes[0], *job.Take(lanes[0]), 1, false);
  EXPECT_FALSE(job.AtRest());
  EXPECT_EQ(WriteAll(job, lanes), 1);
}

}  // namespace
}  // namespace parley::profile
