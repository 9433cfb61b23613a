#include "common/federation/x_matrix.h"

#include <gtest/gtest.h>

#include "common/testing/vectors.h"

namespace parley::federation {
namespace {

crypto::SigningKey TestKey() {
  return *crypto::SigningKey::FromSeed("1", "0123456789abcdef0123456789abcdef");
}

TEST(XMatrix, ReadsAndRefusesAsTheVectorsSay) {
  const auto vectors = testing::LoadVectors("x_matrix.jsonl");
  if (!vectors) GTEST_SKIP();
  for (const json::Object& vector : *vectors) {
    const std::string_view header = json::StringOr(vector, "header", "");
    const auto parsed = ParseXMatrix(header);
    const json::Object* expected = json::FindObject(vector, "parse");
    ASSERT_EQ(parsed.has_value(), expected != nullptr) << header;
    if (expected == nullptr) continue;
    EXPECT_EQ(parsed->origin, json::StringOr(*expected, "origin", "")) << header;
    EXPECT_EQ(parsed->destination, json::StringOr(*expected, "destination", "")) << header;
    EXPECT_EQ(parsed->key_id, json::StringOr(*expected, "key", "")) << header;
    EXPECT_EQ(parsed->signature, json::StringOr(*expected, "sig", "")) << header;
  }
}

TEST(XMatrix, RefusesAHeaderOfVeryManyParameters) {
  std::string header = "X-Matrix ";
  for (int i = 0; i < 3000; ++i) header += "a=\"b\",";
  EXPECT_FALSE(ParseXMatrix(header + "origin=\"a.test\",key=\"ed25519:1\",sig=\"AA\""));
}

TEST(XMatrix, ASignedRequestVerifies) {
  const json::Object content{{"pdus", json::Array{}}};
  const SignedRequest request{"PUT", "/_matrix/federation/v1/send/1?a=b", "a.test", "b.test",
                              &content};
  const auto claim = ParseXMatrix(SignRequest(request, TestKey()));
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->origin, "a.test");
  EXPECT_EQ(claim->destination, "b.test");
  EXPECT_EQ(claim->key_id, "ed25519:1");
  EXPECT_TRUE(VerifyRequest(request, *claim, TestKey().public_key()).ok());
}

TEST(XMatrix, NothingOfASignedRequestCanBeChanged) {
  const json::Object content{{"a", 1}}, other{{"a", 2}};
  const SignedRequest request{"PUT", "/x", "a.test", "b.test", &content};
  const auto claim = *ParseXMatrix(SignRequest(request, TestKey()));
  SignedRequest changed = request;
  const auto verifies = [&] { return VerifyRequest(changed, claim, TestKey().public_key()).ok(); };
  EXPECT_TRUE(verifies());
  changed.method = "POST";
  EXPECT_FALSE(verifies());
  changed = request, changed.uri = "/y";
  EXPECT_FALSE(verifies());
  changed = request, changed.origin = "c.test";
  EXPECT_FALSE(verifies());
  changed = request, changed.destination = "c.test";
  EXPECT_FALSE(verifies());
  changed = request, changed.content = &other;
  EXPECT_FALSE(verifies());
  changed = request, changed.content = nullptr;
  EXPECT_FALSE(verifies());
}

TEST(XMatrix, WhatIsNoSignatureIsNotValid) {
  const SignedRequest request{"GET", "/x", "a.test", "b.test"};
  for (const char* text : {"", "AAAA", "!!!not base64!!!"}) {
    EXPECT_FALSE(
        VerifyRequest(request, {"a.test", "", "ed25519:1", text}, TestKey().public_key()).ok());
  }
}

}  // namespace
}  // namespace parley::federation
