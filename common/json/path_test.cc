#include "common/json/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::json {
namespace {

using ::testing::ElementsAre;

TEST(JsonPath, SplitsAtDotsThatAreNotEscaped) {
  EXPECT_THAT(ParsePath("content.body"), ElementsAre("content", "body"));
  EXPECT_THAT(ParsePath(R"(content.m\.relates_to.rel_type)"),
              ElementsAre("content", "m.relates_to", "rel_type"));
  EXPECT_THAT(ParsePath(R"(content.m\\foo)"), ElementsAre("content", "m\\foo"));
  EXPECT_THAT(ParsePath(R"(content.\x\)"), ElementsAre("content", R"(\x\)"));
  EXPECT_THAT(ParsePath(""), ElementsAre(""));
  EXPECT_THAT(ParsePath("a..b"), ElementsAre("a", "", "b"));
}

TEST(JsonPath, LeadsToAValue) {
  const Object object{{"a", Object{{"b.c", 1}}}, {"", 2}};
  ASSERT_NE(FindAt(object, ParsePath(R"(a.b\.c)")), nullptr);
  EXPECT_EQ(*FindAt(object, ParsePath(R"(a.b\.c)")), Value(1));
  EXPECT_EQ(*FindAt(object, {""}), Value(2));
  EXPECT_EQ(FindAt(object, ParsePath("a.b.c")), nullptr);
  EXPECT_EQ(FindAt(object, ParsePath(R"(a.b\.c.d)")), nullptr);
  EXPECT_EQ(FindAt(object, {}), nullptr);
}

}  // namespace
}  // namespace parley::json
