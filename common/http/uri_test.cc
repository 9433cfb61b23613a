#include "common/http/uri.h"

#include <gtest/gtest.h>

namespace parley::http {
namespace {

TEST(Uri, DecodesEscapes) {
  EXPECT_EQ(PercentDecode("a%2Fb%c3%a9+"), "a/b\xC3\xA9+");
  EXPECT_EQ(PercentDecode("a+b", true), "a b");
}

TEST(Uri, RefusesBrokenEscapesAndWhatIsNotUtf8) {
  for (const char* text : {"%", "%2", "%zz", "%u0041", "a%f", "%ff", "%c3", "%ed%a0%80"}) {
    EXPECT_EQ(PercentDecode(text), std::nullopt) << text;
  }
}

TEST(Uri, EncodesSoThatDecodingGivesTheSame) {
  const std::string text = "!a:b/ \xC3\xA9%+~";
  EXPECT_EQ(PercentEncode(text), "%21a%3Ab%2F%20%C3%A9%25%2B~");
  EXPECT_EQ(PercentDecode(PercentEncode(text)), text);
}

TEST(Uri, KeepsEmptySegmentsAndDotSegments) {
  EXPECT_EQ(SplitPath("/a//../b/"), (std::vector<std::string>{"a", "", "..", "b", ""}));
  EXPECT_EQ(SplitPath("/"), (std::vector<std::string>{""}));
  EXPECT_EQ(SplitPath("a"), std::nullopt);
}

TEST(Uri, ReadsQueriesInOrder) {
  EXPECT_EQ(ParseQuery("a=1&b&&a=%202=3", 10), (Query{{"a", "1"}, {"b", ""}, {"a", " 2=3"}}));
  EXPECT_EQ(ParseQuery("a=1&b=2", 1), std::nullopt);
  EXPECT_EQ(ParseQuery("a=%", 10), std::nullopt);
}

}  // namespace
}  // namespace parley::http
