#include "common/pattern/glob.h"

#include <chrono>

#include <gtest/gtest.h>

namespace parley::pattern {
namespace {

bool Matches(std::string_view pattern, std::string_view text) {
  return Glob(pattern).Matches(text);
}
bool MatchesWords(std::string_view pattern, std::string_view text) {
  return Glob(pattern).MatchesWords(text);
}

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(text);
  return out;
}

TEST(Globs, MatchTheWholeText) {
  EXPECT_TRUE(Matches("tea", "tea"));
  EXPECT_FALSE(Matches("tea", "teapot"));
  EXPECT_FALSE(Matches("tea", "a tea"));
  EXPECT_FALSE(Matches("tea", "te"));
  EXPECT_TRUE(Matches("", ""));
  EXPECT_FALSE(Matches("", "x"));
}

TEST(Globs, StarsMatchAnyRun) {
  EXPECT_TRUE(Matches("*", ""));
  EXPECT_TRUE(Matches("*", "anything"));
  EXPECT_TRUE(Matches("a*c", "ac"));
  EXPECT_TRUE(Matches("a*c", "abcabc"));
  EXPECT_FALSE(Matches("a*c", "abcab"));
  EXPECT_TRUE(Matches("*.example.org", "a.b.example.org"));
  EXPECT_FALSE(Matches("*.example.org", "example.org"));
  EXPECT_TRUE(Matches("**a**", "bab"));
  EXPECT_TRUE(Matches("m.*.x", "m..x"));
}

TEST(Globs, QuestionMarksMatchOneCharacter) {
  EXPECT_TRUE(Matches("t?a", "tea"));
  EXPECT_FALSE(Matches("t?a", "ta"));
  EXPECT_TRUE(Matches("?", "💩"));
  EXPECT_TRUE(Matches("a?c", "aéc"));
  EXPECT_FALSE(Matches("??", "é"));
  EXPECT_TRUE(Matches("lunc?*", "Lunch plans"));
  EXPECT_FALSE(Matches("lunc?*", "lunc"));
}

TEST(Globs, TakeAllElseLiterally) {
  EXPECT_FALSE(Matches("[a-z]", "b"));
  EXPECT_TRUE(Matches("[a-z]", "[a-z]"));
  EXPECT_FALSE(Matches("a.c", "abc"));
  EXPECT_TRUE(Matches("a\\*", "a\\b"));
}

TEST(Globs, FoldCaseUnlessToldOtherwise) {
  EXPECT_TRUE(Matches("TEA", "tEa"));
  EXPECT_TRUE(Matches("ÉCOLE", "école"));
  EXPECT_TRUE(Matches("Привет ЖЁ", "пРИВЕТ жё"));
  EXPECT_TRUE(Matches("ŁÓDŹ Žižka", "łódź žIŽKA"));
  EXPECT_FALSE(Glob("TEA", CaseMode::kSensitive).Matches("tea"));
}

TEST(Globs, OfManyCharactersCrossTheMachineWord) {
  const std::string text = Repeat("abcdefghij", 30);
  EXPECT_TRUE(Matches(text, text));
  EXPECT_TRUE(Matches(text + "*", text + text));
  EXPECT_FALSE(Matches(text + "?", text));
  EXPECT_TRUE(Matches("*" + text, "x" + text));
  for (const int length : {62, 63, 64, 65, 127, 128, 129}) {
    const std::string as(static_cast<size_t>(length), 'a');
    EXPECT_TRUE(Matches(as, as));
    EXPECT_FALSE(Matches(as, as + "a"));
    EXPECT_TRUE(Matches("*" + as + "*b", "a" + as + "xb"));
  }
}

TEST(Globs, LiteralsHaveNoWildcards) {
  EXPECT_TRUE(Glob::Literal("a*?").Matches("A*?"));
  EXPECT_FALSE(Glob::Literal("a*").Matches("ab"));
  EXPECT_TRUE(Glob::StarsOnly("a?*", CaseMode::kSensitive).Matches("a?b"));
  EXPECT_FALSE(Glob::StarsOnly("a?*", CaseMode::kSensitive).Matches("abb"));
}

TEST(GlobWords, BeginAndEndAtWordBoundaries) {
  EXPECT_TRUE(MatchesWords("cake", "I like cake!"));
  EXPECT_TRUE(MatchesWords("cake", "cake"));
  EXPECT_TRUE(MatchesWords("CAKE", "a piece of cake."));
  EXPECT_FALSE(MatchesWords("cake", "pancakes"));
  EXPECT_FALSE(MatchesWords("cake", "cake_tin"));
  EXPECT_FALSE(MatchesWords("cake", "cake2"));
  EXPECT_TRUE(MatchesWords("cake", "cakes cake"));
  EXPECT_TRUE(MatchesWords("cake", "écake"));
}

TEST(GlobWords, FollowTheSpecificationsExample) {
  EXPECT_TRUE(MatchesWords("ex*ple", "An example event."));
  EXPECT_TRUE(MatchesWords("ex*ple", "exple"));
  EXPECT_TRUE(MatchesWords("ex*ple", "An exciting triple-whammy"));
  EXPECT_FALSE(MatchesWords("ex*ple", "hexple"));
}

TEST(GlobWords, AlsoMatchPatternsThatAreNoWords) {
  EXPECT_TRUE(MatchesWords("@room", "hi @room"));
  EXPECT_TRUE(MatchesWords("c++", "I write c++ daily"));
  EXPECT_FALSE(MatchesWords("@room", "me@room"));
  EXPECT_TRUE(MatchesWords("*", "anything"));
}

TEST(Globs, AreNeverSlow) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string text(60000, 'a');
  EXPECT_FALSE(Matches(Repeat("*a", 500) + "b", text));
  EXPECT_FALSE(MatchesWords(Repeat("?a*", 300) + "b", text));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace parley::pattern
