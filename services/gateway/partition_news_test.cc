#include "services/gateway/partition_news.h"

#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

TEST(PartitionNews, LetsAnAnswerBeKeptThatNoNewsOvertook) {
  PartitionNews news(2);
  news.Heard(0);
  const auto asked_at = news.now();
  EXPECT_TRUE(news.MayKeep(0, asked_at));
  news.Heard(0);
  EXPECT_FALSE(news.MayKeep(0, asked_at));
  EXPECT_TRUE(news.MayKeep(0, news.now()));
}

TEST(PartitionNews, LeavesOtherPartitionsAlone) {
  PartitionNews news(2);
  const auto before = news.now();
  news.Forget(0);
  EXPECT_FALSE(news.Counts(0, before));
  EXPECT_TRUE(news.Counts(1, before));
  EXPECT_TRUE(news.MayKeep(1, before));
}

TEST(PartitionNews, OfOneKeyTakeNothingElseBack) {
  PartitionNews news(1);
  const auto kept_at = news.now();
  news.Heard(0);
  EXPECT_TRUE(news.Counts(0, kept_at));
}

TEST(PartitionNews, CountWhatWasKeptAfterForgetting) {
  PartitionNews news(1);
  const auto before = news.now();
  news.ForgetAll();
  EXPECT_FALSE(news.Counts(0, before));
  EXPECT_FALSE(news.MayKeep(0, before));
  EXPECT_TRUE(news.Counts(0, news.now()));
  EXPECT_TRUE(news.MayKeep(0, news.now()));
}

TEST(PartitionNews, KnowNothingOfAPartitionThatIsNotThere) {
  PartitionNews news(1);
  news.Heard(1);
  news.Forget(1);
  EXPECT_EQ(news.now(), 0);
  EXPECT_FALSE(news.MayKeep(1, news.now()));
  EXPECT_FALSE(news.Counts(1, news.now()));
}

}  // namespace
}  // namespace parley::gateway
