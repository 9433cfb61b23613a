#include "services/gateway/sync/presence_log.h"

#include <gtest/gtest.h>

#include "common/testing/seeded_rng.h"

namespace parley::gateway {
namespace {

using stream::EphemeralPosition;

class PresenceLogTest : public ::testing::Test {
 protected:
  // The users who changed since `mark`, or "unknown".
  std::string Since(EphemeralPosition mark) {
    const auto changes = log_.Since(mark);
    if (!changes) return "unknown";
    std::string users;
    for (const auto& change : *changes) users += change.user_id;
    return users;
  }
  void Hear(Partition partition, int64_t counter, std::string_view user) {
    log_.Heard(partition, EphemeralPosition{7, counter}.Packed(), user);
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

TEST_F(PresenceLogTest, NoMarkOutlivesALossOfWakes) {
  Hear(1, 1, "a");
  const auto mark = log_.Mark();
  log_.Forget();
  EXPECT_EQ(Since(mark), "unknown");
}

}  // namespace
}  // namespace parley::gateway
