#include "services/gateway/sync/presence_log.h"

#include <gtest/gtest.h>

#include "common/testing/seeded_rng.h"

namespace parley::gateway {
namespace {

using stream::EphemeralPosition;

class PresenceLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    log_.HeardHead(1, EphemeralPosition{7, 0}.Packed());
    log_.HeardHead(2, EphemeralPosition{7, 0}.Packed());
    log_.HeardHead(5, EphemeralPosition{7, 8}.Packed());
  }
  // The users who changed since `mark`, or "unknown".
  std::string Since(EphemeralPosition mark) {
    const auto changes = log_.Since(mark);
    if (!changes) return "unknown";
    std::string users;
    for (const auto& change : *changes) users += change.user_id;
    return users;
  }
  PresenceLog::Hearing Hear(Partition partition, int64_t counter, std::string_view user) {
    return log_.Heard(partition, EphemeralPosition{7, counter}.Packed(), user);
  }

  ::parley::testing::SeededRng rng_;
  PresenceLog log_{rng_, 3};
};

TEST_F(PresenceLogTest, TellsWhoChangedWhateverTheirPartition) {
  const auto start = log_.Mark();
  Hear(5, 9, "a");
  const auto between = log_.Mark();
  Hear(2, 1, "b");
  EXPECT_EQ(Since(start), "ab");
  EXPECT_EQ(Since(between), "b");
  EXPECT_EQ(Since(log_.Mark()), "");
}

TEST_F(PresenceLogTest, TellsTheFirstChangeOfEach) {
  const auto start = log_.Mark();
  Hear(5, 9, "a");
  Hear(5, 10, "a");
  const auto changes = log_.Since(start);
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].position, (EphemeralPosition{7, 9}));
}

TEST_F(PresenceLogTest, DoesNotKnowMarksOfOthersNorOldOnes) {
  const auto start = log_.Mark();
  EXPECT_EQ(Since({}), "unknown");
  EXPECT_EQ(Since({start.epoch + 1, 0}), "unknown");
  for (int i = 0; i < 4; ++i) Hear(1, i + 1, "a");
  EXPECT_EQ(Since(start), "unknown");
}

TEST_F(PresenceLogTest, SeesALostWakeByTheGapItLeaves) {
  EXPECT_EQ(Hear(1, 1, "a"), PresenceLog::Hearing::kComplete);
  const auto mark = log_.Mark();
  EXPECT_EQ(Hear(1, 3, "b"), PresenceLog::Hearing::kMissed);
  EXPECT_EQ(Since(mark), "unknown");
  const auto later = log_.Mark();
  EXPECT_EQ(Hear(1, 4, "c"), PresenceLog::Hearing::kComplete);
  EXPECT_EQ(Hear(1, 4, "c"), PresenceLog::Hearing::kComplete) << "told twice";
  EXPECT_EQ(Since(later), "c");
}

TEST_F(PresenceLogTest, SeesALostWakeByTheHead) {
  Hear(1, 1, "a");
  const auto mark = log_.Mark();
  EXPECT_EQ(log_.HeardHead(1, EphemeralPosition{7, 1}.Packed()), PresenceLog::Hearing::kComplete);
  EXPECT_EQ(Since(mark), "");
  EXPECT_EQ(log_.HeardHead(1, EphemeralPosition{7, 2}.Packed()), PresenceLog::Hearing::kMissed);
  EXPECT_EQ(Since(mark), "unknown");
}

TEST_F(PresenceLogTest, SeesANewOwnerByTheEpoch) {
  Hear(1, 1, "a");
  const auto mark = log_.Mark();
  EXPECT_EQ(log_.Heard(1, EphemeralPosition{8, 1}.Packed(), "b"), PresenceLog::Hearing::kNewOwner);
  EXPECT_EQ(Since(mark), "unknown");
  EXPECT_EQ(log_.HeardHead(1, EphemeralPosition{9, 0}.Packed()), PresenceLog::Hearing::kNewOwner);
}

TEST_F(PresenceLogTest, NoMarkOutlivesALossOfWakes) {
  Hear(1, 1, "a");
  const auto mark = log_.Mark();
  log_.Forget();
  EXPECT_EQ(Since(mark), "unknown");
}

}  // namespace
}  // namespace parley::gateway
