#include "services/gateway/sync/wake_index.h"

#include <gtest/gtest.h>

#include <absl/strings/str_cat.h>

namespace parley::gateway {
namespace {

using News = WakeIndex::News;

TEST(WakeIndex, KnowsNothingOfAPartitionItNeverHeard) {
  WakeIndex index;
  EXPECT_EQ(index.Since(3, "!room", 10), News::kUnknown);
}

TEST(WakeIndex, TellsNewsOfOneRoomFromNewsOfAnother) {
  WakeIndex index;
  (void)index.HeardHead(3, 10);
  EXPECT_TRUE(index.Heard(3, 11, "!a"));
  EXPECT_EQ(index.Since(3, "!a", 10), News::kYes);
  EXPECT_EQ(index.Since(3, "!b", 10), News::kNo);
  EXPECT_EQ(index.Since(3, "!a", 11), News::kNo);
}

TEST(WakeIndex, DoesNotTrustWhatCameBeforeAGap) {
  WakeIndex index;
  (void)index.HeardHead(3, 10);
  EXPECT_FALSE(index.Heard(3, 13, "!a"));
  EXPECT_EQ(index.Since(3, "!b", 10), News::kUnknown);
  EXPECT_EQ(index.Since(3, "!b", 12), News::kNo);
}

TEST(WakeIndex, KnowsAnOwnWriteBeforeItsWake) {
  WakeIndex index;
  (void)index.HeardHead(3, 10);
  index.Wrote(3, 12, "!a");
  EXPECT_EQ(index.Since(3, "!a", 10), News::kYes);
  EXPECT_EQ(index.Since(3, "!a", 12), News::kNo);
  EXPECT_TRUE(index.Heard(3, 11, "!b"));
  EXPECT_TRUE(index.Heard(3, 12, "!a"));
}

// As the new owner of a partition says it: the one before may not have told of what is at the head.
TEST(WakeIndex, AWakeWithoutAKeySpeaksOfEverythingUpToThere) {
  WakeIndex index;
  (void)index.HeardHead(3, 10);
  EXPECT_FALSE(index.Heard(3, 11, ""));
  EXPECT_EQ(index.Since(3, "!b", 10), News::kUnknown);
  EXPECT_EQ(index.Since(3, "!b", 11), News::kNo);
}

TEST(WakeIndex, AHeadAheadOfTheWakesIsALoss) {
  WakeIndex index;
  (void)index.HeardHead(3, 10);
  EXPECT_FALSE(index.HeardHead(3, 11));
  EXPECT_TRUE(index.HeardHead(3, 11));
  EXPECT_EQ(index.Since(3, "!b", 10), News::kUnknown);
}

TEST(WakeIndex, DoubledAndLateWakesChangeNothing) {
  WakeIndex index;
  (void)index.HeardHead(3, 10);
  EXPECT_TRUE(index.Heard(3, 11, "!a"));
  EXPECT_TRUE(index.Heard(3, 11, "!a"));
  EXPECT_TRUE(index.Heard(3, 9, "!a"));
  EXPECT_EQ(index.Since(3, "!a", 11), News::kNo);
  EXPECT_EQ(index.Head(3), 11);
}

TEST(WakeIndex, StaysBoundedAndAsksAboutWhatItDropped) {
  WakeIndex index(100);
  (void)index.HeardHead(3, 0);
  for (int i = 1; i <= 1000; ++i) (void)index.Heard(3, i, absl::StrCat("!", i));
  EXPECT_EQ(index.Since(3, "!1", 0), News::kUnknown);
  EXPECT_EQ(index.Since(3, "!1000", 999), News::kYes);
  EXPECT_EQ(index.Since(3, "!1", 999), News::kNo);
}

}  // namespace
}  // namespace parley::gateway
