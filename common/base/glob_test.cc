#include "common/base/glob.h"

#include <string>

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Glob, MatchesTheWholeText) {
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("*.example.org", "a.Example.org"));
  EXPECT_TRUE(GlobMatches("a?c*", "abcdef"));
  EXPECT_FALSE(GlobMatches("a", "ab"));
  EXPECT_FALSE(GlobMatches("?", ""));
  EXPECT_TRUE(GlobMatches("a*b*c", "aXbYbZc"));
}

TEST(Glob, ManyStarsStayCheap) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(20'000, 'a')));
}

}  // namespace
}  // namespace parley
