#include "common/crypto/sign.h"

#include <gtest/gtest.h>

#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"
#include "common/status/matrix_error.h"
#include "common/testing/seeded_rng.h"

namespace parley::crypto {
namespace {

// Appendices, "Cryptographic Test Vectors".
SigningKey SpecificationKey() {
  return *SigningKey::ParseFile("ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\n");
}

std::string Signature(const json::Object& object) {
  const json::Value* domain = object.Find("signatures")->Find("domain");
  return *domain->Find("ed25519:1")->AsString();
}

TEST(SigningKeys, SurviveTheirFile) {
  testing::SeededRng rng;
  const SigningKey key = SigningKey::Generate(rng);
  const auto again = SigningKey::ParseFile(key.ToFile());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->id(), key.id());
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_TRUE(IsEd25519KeyId(key.id())) << key.id();
}

TEST(SigningKeys, RefuseFilesThatHoldNone) {
  for (const char* text : {"", "ed25519", "ed25519 a_b", "rsa a_b AAAA", "ed25519 a_b AAAA",
                           "ed25519 a-b YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
                           "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1 more"}) {
    EXPECT_FALSE(SigningKey::ParseFile(text).ok()) << text;
  }
}

TEST(Signatures, VerifyOnlyWhatWasSigned) {
  const SigningKey key = SpecificationKey();
  const std::string signature = key.Sign("tea");
  EXPECT_TRUE(Verify(key.public_key(), "tea", signature));
  EXPECT_FALSE(Verify(key.public_key(), "coffee", signature));
  EXPECT_FALSE(Verify(key.public_key(), "tea", signature.substr(1)));
  EXPECT_FALSE(Verify("short", "tea", signature));
  EXPECT_FALSE(Verify(std::string(32, '\0'), "tea", signature));
}

TEST(JsonSignatures, MatchTheSpecificationsVectors) {
  json::Object empty;
  SignJson(empty, "domain", SpecificationKey());
  EXPECT_EQ(
      Signature(empty),
      "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ");
  json::Object data{{"two", "Two"}, {"one", 1}};
  SignJson(data, "domain", SpecificationKey());
  EXPECT_EQ(
      Signature(data),
      "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw");
}

TEST(JsonSignatures, LeaveOutSignaturesAndUnsigned) {
  const json::Object object{{"b", 1},
                            {"unsigned", json::Object{{"age", 1}}},
                            {"a", json::Object{{"unsigned", 2}}},
                            {"signatures", json::Object()}};
  EXPECT_EQ(SignedBytes(object), R"({"a":{"unsigned":2},"b":1})");
}

TEST(JsonSignatures, KeepThoseOfOthers) {
  testing::SeededRng rng;
  const SigningKey first = SigningKey::Generate(rng), second = SigningKey::Generate(rng);
  json::Object object{{"a", 1}};
  SignJson(object, "one.test", first);
  SignJson(object, "two.test", second);
  EXPECT_TRUE(VerifyJson(object, "one.test", first.id(), first.public_key()).ok());
  EXPECT_TRUE(VerifyJson(object, "two.test", second.id(), second.public_key()).ok());
}

TEST(JsonSignatures, RefuseChangedOrUnsignedObjects) {
  const SigningKey key = SpecificationKey();
  json::Object object{{"a", 1}};
  const auto verify = [&] { return VerifyJson(object, "domain", key.id(), key.public_key()); };
  EXPECT_TRUE(HasErrcode(verify(), "M_UNAUTHORIZED"));
  SignJson(object, "domain", key);
  EXPECT_TRUE(verify().ok());
  object.Set("unsigned", json::Object{{"age", 5}});
  EXPECT_TRUE(verify().ok());
  object.Set("a", 2);
  EXPECT_TRUE(HasErrcode(verify(), "M_UNAUTHORIZED"));
  object.Set("signatures", "nonsense");
  EXPECT_TRUE(HasErrcode(verify(), "M_UNAUTHORIZED"));
}

}  // namespace
}  // namespace parley::crypto
