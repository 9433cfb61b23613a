#include "services/gateway/sync/legacy_view.h"

#include <gtest/gtest.h>

namespace parley::gateway {
namespace {

// S96.
TEST(InSeedShape, GivesEveryEventItsSenderAndAgeWhereTheyWereIn2014) {
  EXPECT_EQ(
      InSeedShape(
          R"({"chunk":[{"content":{},"sender":"@a:b","type":"m","unsigned":{"age":5}}],"end":"t1"})"),
      R"({"chunk":[{"age":5,"content":{},"sender":"@a:b","type":"m","unsigned":{"age":5},)"
      R"("user_id":"@a:b"}],"end":"t1"})");
}

TEST(InSeedShape, LeavesAloneWhatStandsInsideAnEvent) {
  EXPECT_EQ(
      InSeedShape(
          R"({"content":{"content":{},"sender":"@x:b","type":"m"},"sender":"@a:b","type":"m"})"),
      R"({"content":{"content":{},"sender":"@x:b","type":"m"},"sender":"@a:b","type":"m","user_id":"@a:b"})");
}

TEST(InSeedShape, ChangesNothingElse) {
  EXPECT_EQ(InSeedShape(R"({"joined":{"@a:b":{"display_name":"x"}}})"),
            R"({"joined":{"@a:b":{"display_name":"x"}}})");
}

TEST(ShapeUnder, IsTheSeedsUnderTheOldPrefixOnly) {
  EXPECT_EQ(ShapeUnder("/_matrix/client/api/v1/rooms/r/messages"), EventShapeVersion::kSeed);
  EXPECT_EQ(ShapeUnder("/_matrix/client/v3/rooms/r/messages"), EventShapeVersion::kToday);
}

}  // namespace
}  // namespace parley::gateway
