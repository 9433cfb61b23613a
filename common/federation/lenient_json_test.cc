#include "common/federation/lenient_json.h"

#include <gtest/gtest.h>

#include "common/federation/x_matrix.h"
#include "common/json/value.h"

namespace parley::federation {
namespace {

TEST(LenientJson, GoodJsonComesOutAsCanonicalJson) {
  for (const std::string_view text : {
           R"({"b": [1, -2, {"d":null,"c":true}], "a": "x\u00e9\n\"\ud83d\ude00/\/"})",
           "{}",
           " { \"a\" : [ ] } ",
           R"({"a":1.5,"b":[[],{}]})",
       }) {
    EXPECT_EQ(LenientCanonical(text), json::Serialize(*json::Parse(text))) << text;
  }
}

TEST(LenientJson, BadPartsAreWrittenAsTheirSenderSignedThem) {
  EXPECT_EQ(LenientCanonical(R"({"a":1,"a":2})"), R"({"a":2})");
  EXPECT_EQ(LenientCanonical(R"({"b":1,"a":2,"b":3,"a":[]})"), R"({"a":[],"b":3})");
  EXPECT_EQ(LenientCanonical("[NaN, 1e400, 1.0, 1E2]"), "[NaN,1e400,1.0,1E2]");
  EXPECT_EQ(LenientCanonical(R"(["\ud800"])"), "[\"\xed\xa0\x80\"]");
  EXPECT_EQ(LenientCanonical(R"(["\ud800\u0041"])"),
            "[\"\xed\xa0\x80"
            "A\"]");
}

TEST(LenientJson, TextWithoutStructureIsRefused) {
  for (const std::string_view text : {"", "{", "}", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "\"a",
                                      "\"\\", "\"\\u12\"", "{}{}", "[what]", "{a:1}"}) {
    EXPECT_EQ(LenientCanonical(text), std::nullopt) << text;
  }
  EXPECT_EQ(LenientCanonical(std::string(100'000, '[')), std::nullopt);
  EXPECT_EQ(LenientCanonical(std::string(17 << 20, ' ') + "{}"), std::nullopt);
}

TEST(LenientJson, DepthCostsNoMoreThanLength) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += R"({"b":[)";
  for (int i = 0; i < 100'000; ++i) deep += R"(],"a":0})";
  EXPECT_TRUE(LenientCanonical(deep));
  std::string many = "[0";
  while (many.size() < (2 << 20)) many += ",0";
  EXPECT_EQ(LenientCanonical(many + "]"), std::nullopt);
}

TEST(LenientJson, FindsThePartsOfATransaction) {
  const auto found = ReadLenientTransaction(
      R"({"origin":"a","pdus":[{"b":NaN,"a":[1,2]},{"x":"]"}],"edus":[{}]})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pdus, (std::vector<std::string>{R"({"a":[1,2],"b":NaN})", R"({"x":"]"})"}));
  EXPECT_EQ(found->edus, (std::vector<std::string>{"{}"}));
  EXPECT_TRUE(ReadLenientTransaction("{}"));
  EXPECT_FALSE(ReadLenientTransaction("[]"));
  EXPECT_FALSE(ReadLenientTransaction(R"({"pdus":{}})"));
}

TEST(LenientJson, ASignatureHoldsForTheCanonicalForm) {
  const auto key = *crypto::SigningKey::FromSeed("1", std::string(32, 'a'));
  const json::Object content{{"b", 1}, {"a", "x"}};
  const SignedRequest request{"PUT", "/x", "a.test", "b.test", &content};
  const auto claim = *ParseXMatrix(SignRequest(request, key));
  const std::string body = *LenientCanonical(R"({"b":1, "a":"x"})");
  EXPECT_TRUE(VerifyRequest(request, body, claim, key.public_key()).ok());
  EXPECT_FALSE(VerifyRequest(request, R"({"a":"y","b":1})", claim, key.public_key()).ok());
}

}  // namespace
}  // namespace parley::federation
