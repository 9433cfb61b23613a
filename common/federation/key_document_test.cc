#include "common/federation/key_document.h"

#include <gtest/gtest.h>

#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"

namespace parley::federation {
namespace {

constexpr int64_t kHour = 3'600'000;
const absl::Time kNow = absl::FromUnixMillis(1'700'000'000'000);
const int64_t kNowMs = absl::ToUnixMillis(kNow);

crypto::SigningKey Key(char seed, std::string_view version) {
  return *crypto::SigningKey::FromSeed(version, std::string(32, seed));
}

json::Object Document(int64_t valid_until_ms = kNowMs + kHour) {
  return MakeKeyDocument("a.test", Key('a', "new"),
                         {{"ed25519:old", Key('b', "old").public_key(), kNowMs - kHour}},
                         valid_until_ms);
}

TEST(KeyDocument, ReadsWhatItMakes) {
  const auto document = ReadKeyDocument(Document(), "a.test", kNow);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->valid_until_ms, kNowMs + kHour);
  ASSERT_NE(document->Find("ed25519:new"), nullptr);
  EXPECT_EQ(document->Find("ed25519:new")->public_key, Key('a', "new").public_key());
  ASSERT_NE(document->Find("ed25519:old"), nullptr);
  EXPECT_EQ(document->Find("ed25519:old")->expired_ms, kNowMs - kHour);
  EXPECT_EQ(document->Find("ed25519:none"), nullptr);
}

TEST(KeyDocument, IsNotTrustedForLongerThanSevenDays) {
  const auto document = ReadKeyDocument(Document(kNowMs + 1000 * 24 * kHour), "a.test", kNow);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(document->valid_until_ms, kNowMs + 7 * 24 * kHour);
}

TEST(KeyDocument, AnotherServersKeysAreRefused) {
  EXPECT_FALSE(ReadKeyDocument(Document(), "b.test", kNow).ok());
}

TEST(KeyDocument, OneThatIsNotSignedByItselfIsRefused) {
  json::Object unsigned_document = Document();
  unsigned_document.Erase("signatures");
  EXPECT_FALSE(ReadKeyDocument(unsigned_document, "a.test", kNow).ok());

  json::Object changed = Document();
  changed.Set("valid_until_ts", kNowMs + 2 * kHour);
  EXPECT_FALSE(ReadKeyDocument(changed, "a.test", kNow).ok());
}

TEST(KeyDocument, TheSignatureOfAnOldKeyDoesNotCount) {
  json::Object document = Document();
  document.Erase("signatures");
  crypto::SignJson(document, "a.test", Key('b', "old"));
  EXPECT_FALSE(ReadKeyDocument(document, "a.test", kNow).ok());
}

TEST(KeyDocument, KeysOfWrongShapeAreLeftOut) {
  json::Object document = Document();
  json::Object& keys = *document.Find("verify_keys")->AsObject();
  keys.Set("rsa:1", json::Object{{"key", crypto::EncodeBase64(std::string(32, 'x'))}});
  keys.Set("ed25519:short", json::Object{{"key", "AAAA"}});
  keys.Set("ed25519:number", json::Object{{"key", 5}});
  keys.Set("ed25519:text", "AAAA");
  document.Erase("signatures");
  crypto::SignJson(document, "a.test", Key('a', "new"));
  const auto read = ReadKeyDocument(document, "a.test", kNow);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->keys.size(), 2u);
}

TEST(KeyDocument, AKeyIsValidUntilItExpired) {
  const auto document = *ReadKeyDocument(Document(), "a.test", kNow);
  const PublishedKey& current = *document.Find("ed25519:new");
  EXPECT_TRUE(IsValidAt(document, current, kNowMs + kHour));
  EXPECT_FALSE(IsValidAt(document, current, kNowMs + kHour + 1));
  const PublishedKey& old = *document.Find("ed25519:old");
  EXPECT_TRUE(IsValidAt(document, old, kNowMs - kHour));
  EXPECT_FALSE(IsValidAt(document, old, kNowMs));
}

}  // namespace
}  // namespace parley::federation
