#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/json/value.h"
#include "common/status/matrix_error.h"
#include "common/testing/vectors.h"

namespace parley::json {
namespace {

constexpr Limits kCanonical{.canonical_numbers = true};

std::string Errcode(const absl::StatusOr<Value>& parsed) {
  return parsed.ok() ? "" : FromStatus(parsed.status()).errcode;
}

std::string Canonical(std::string_view text) {
  const auto parsed = Parse(text, kCanonical);
  return parsed.ok() ? Serialize(*parsed) : FromStatus(parsed.status()).errcode;
}

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(text);
  return out;
}

struct Case {
  std::string text;
  std::string expected;
};

TEST(JsonParse, GivesCanonicalJsonBack) {
  const Case cases[] = {
      {"{}", "{}"},
      {R"( { "b" : [ ] , "a" : { } } )", R"({"a":{},"b":[]})"},
      {R"({"a":-0,"b":1e10,"c":-0.0,"d":1.0})", R"({"a":0,"b":10000000000,"c":0,"d":1})"},
      {R"({"a":"\u65E5\/\u007f"})", "{\"a\":\"日/\x7f\"}"},
      {R"({"a":"\ud83d\ude00"})", R"({"a":"😀"})"},
      {R"({"a":"\u0000\u000B"})", R"({"a":"\u0000\u000b"})"},
      {R"({"":1})", R"({"":1})"},
      {R"({"a":9007199254740991})", R"({"a":9007199254740991})"},
      {R"({"a":-9007199254740991})", R"({"a":-9007199254740991})"},
      {R"([true,false,null,"x",3])", R"([true,false,null,"x",3])"},
      {"7", "7"},
      {R"("x")", R"("x")"},
  };
  for (const Case& c : cases) EXPECT_EQ(Canonical(c.text), c.expected) << c.text;
}

TEST(JsonParse, RefusesWhatIsNoJson) {
  const std::string texts[] = {"",
                               " \n\t ",
                               "{",
                               R"({"a":1,})",
                               R"({'a':1})",
                               R"({"a":1 /* x */})",
                               "{a:1}",
                               "{\"a\":1} x",
                               "{\"a\":1}{}",
                               "{\"a\":\"\x01\"}",
                               "{\"a\":\"x\ny\"}",
                               R"({"a":"\x41"})",
                               R"({"a":"\u12"})",
                               R"({"a":01})",
                               R"({"a":+1})",
                               R"({"a":0x10})",
                               R"({"a":.5})",
                               R"({"a":5.})",
                               R"({"a":NaN})",
                               R"({"a":-Infinity})",
                               R"({"a":True})",
                               R"({"a":"x)",
                               R"({"a":[1,2)",
                               R"({"a" 1})",
                               R"({"a":[1})",
                               "{1:2}",
                               R"({"a":1e})",
                               R"({"a":-})",
                               "[1,2",
                               "[1 2]",
                               "[,]",
                               "nul",
                               "\xef\xbb\xbf{}",
                               "{\"a\":\"\xc0\x80\"}",
                               "{\"a\":\"\xed\xa0\x80\"}",
                               "{\"a\":\"\xe9\"}",
                               "{\"a\":\"\xf4\x90\x80\x80\"}",
                               "{\"\xff\":1}",
                               std::string("{\"a\":1}\0\0", 9),
                               std::string("{\0\"\0a\0", 6)};
  for (const std::string& text : texts) EXPECT_EQ(Errcode(Parse(text)), "M_NOT_JSON") << text;
}

TEST(JsonParse, RefusesNumbersThatCanonicalJsonDoesNotHave) {
  for (const std::string_view number :
       {"1.5", "0.1", "9007199254740992", "-9007199254740992", "1e16", "1e400", "-1e400",
        "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "123456789012345678901234567890"}) {
    EXPECT_EQ(Canonical(StrCat("{\"a\":[{\"b\":", number, "}]}")), "M_BAD_JSON") << number;
  }
  EXPECT_EQ(Canonical(StrCat("{\"a\":", Repeat("9", 5000), "}")), "M_BAD_JSON");
}

TEST(JsonParse, WithoutCanonicalNumbersLargeOnesAreDoubles) {
  const auto parsed =
      Parse(R"(["18446744073709551616",18446744073709551616,-1e3,1.5,9007199254740993])");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const Array& array = *parsed->AsArray();
  EXPECT_EQ(array[0], Value("18446744073709551616"));
  EXPECT_EQ(array[1], Value(18446744073709551616.0));
  EXPECT_EQ(array[2], Value(-1000.0));
  EXPECT_EQ(array[3], Value(1.5));
  EXPECT_EQ(array[4], Value(int64_t{9007199254740993}));
  EXPECT_EQ(Errcode(Parse("[1e400]")), "M_BAD_JSON");
  EXPECT_EQ(Errcode(Parse("[18446744073709551616,01]")), "M_NOT_JSON");
}

TEST(JsonParse, RefusesHalfASurrogatePair) {
  for (const std::string_view text :
       {R"({"a":"\ud800"})", R"({"a":"\udc00x"})", R"({"a":"\udc00\ud800"})", R"({"\ud800":1})",
        R"({"\udfff":1})", R"({"a":"\ud800\u0041"})"}) {
    const std::string errcode = Errcode(Parse(text));
    EXPECT_TRUE(errcode == "M_BAD_JSON" || errcode == "M_NOT_JSON") << text << " " << errcode;
  }
}

TEST(JsonParse, RefusesAKeyTwice) {
  EXPECT_EQ(Errcode(Parse(R"({"a":1,"a":1})")), "M_BAD_JSON");
  EXPECT_EQ(Errcode(Parse(R"({"x":[{"a":1,"\u0061":2}]})")), "M_BAD_JSON");
  std::string many = "{";
  for (int i = 0; i < 5000; ++i) StrAppend(&many, "\"k", i, "\":1,");
  EXPECT_TRUE(Parse(StrCat(many, "\"k\":1}")).ok());
  EXPECT_EQ(Errcode(Parse(StrCat(many, "\"k4000\":1}"))), "M_BAD_JSON");
}

TEST(JsonParse, CountsDepthFromTheOutermost) {
  const Limits limits{.max_depth = 10};
  const auto nested = [](int depth) { return Repeat("[", depth) + Repeat("]", depth); };
  EXPECT_TRUE(Parse(nested(10), limits).ok());
  EXPECT_EQ(Errcode(Parse(nested(11), limits)), "M_BAD_JSON");
  EXPECT_TRUE(Parse(nested(10) + " ", limits).ok());
  EXPECT_TRUE(Parse(Repeat("[", 9) + "{\"a\":1}" + Repeat("]", 9), limits).ok());
}

TEST(JsonParse, SurvivesAMillionBrackets) {
  EXPECT_FALSE(Parse(Repeat("[", 1000000)).ok());
  EXPECT_FALSE(Parse(Repeat("{\"a\":", 300000)).ok());
  EXPECT_TRUE(Parse("{}").ok());
}

TEST(JsonParse, AnObjectIsAskedForByName) {
  EXPECT_TRUE(ParseObject("{\"a\":1}").ok());
  EXPECT_TRUE(HasErrcode(ParseObject("[1]").status(), "M_BAD_JSON"));
  EXPECT_TRUE(HasErrcode(ParseObject("[1").status(), "M_NOT_JSON"));
}

TEST(JsonParse, AgreesWithTheSharedCanonicalVectors) {
  const auto vectors = testing::LoadVectors("canonical_json.jsonl");
  if (!vectors) GTEST_SKIP() << "no shared vectors (set PARLEY_SHARED)";
  for (const Object& vector : *vectors) {
    const auto parsed = Parse(*FindString(vector, "in"), kCanonical);
    const std::string* out = FindString(vector, "out");
    EXPECT_EQ(parsed.ok(), out != nullptr) << Serialize(vector);
    if (parsed.ok() && out != nullptr) {
      EXPECT_EQ(Serialize(*parsed), *out) << Serialize(vector);
    }
  }
}

}  // namespace
}  // namespace parley::json
