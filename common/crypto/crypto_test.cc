#include <gtest/gtest.h>

#include "common/crypto/base64.h"
#include "common/crypto/hash.h"
#include "common/crypto/password.h"

namespace parley::crypto {
namespace {

TEST(Base64, HasNoPadding) {
  EXPECT_EQ(EncodeBase64(""), "");
  EXPECT_EQ(EncodeBase64("f"), "Zg");
  EXPECT_EQ(EncodeBase64("fo"), "Zm8");
  EXPECT_EQ(EncodeBase64("foo"), "Zm9v");
  EXPECT_EQ(EncodeBase64("\xfb\xff"), "+/8");
  EXPECT_EQ(EncodeBase64Url("\xfb\xff"), "-_8");
}

TEST(Base64, ReadsBackWhatItWrote) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes.push_back(static_cast<char>(i));
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes);
  }
}

TEST(Base64, RefusesPaddingSpacesAndTheOtherAlphabet) {
  for (const char* text : {"Zg==", "Z", "Zm9v\n", " Zm9v", "-_8", "Zm9vZ", "é"}) {
    EXPECT_FALSE(DecodeBase64(text)) << text;
  }
  EXPECT_FALSE(DecodeBase64Url("+/8"));
}

TEST(Base64, IgnoresBitsBeyondTheLastByte) {
  EXPECT_EQ(DecodeBase64("Zh"), "f");
}

TEST(Hashes, MatchPublishedValues) {
  EXPECT_EQ(EncodeHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string_view text = "what do ya want for nothing?";  // RFC 4231 and RFC 2202, case 2
  EXPECT_EQ(EncodeHex(HmacSha256("Jefe", text)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(EncodeHex(HmacSha1("Jefe", text)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

TEST(Hashes, CompareWholeTexts) {
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("abc", "ab"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
}

TEST(Passwords, VerifyAgainstTheirHash) {
  const PasswordHasher hasher(PasswordCost::Cheapest());
  const auto hash = hasher.Hash("tea");
  ASSERT_TRUE(hash.ok());
  EXPECT_TRUE(hash->starts_with("$argon2id$"));
  EXPECT_TRUE(hasher.Verify("tea", *hash));
  EXPECT_FALSE(hasher.Verify("coffee", *hash));
  EXPECT_FALSE(hasher.Verify("tea", "no hash at all"));
  EXPECT_NE(*hash, *hasher.Hash("tea"));
}

TEST(Passwords, NobodyHasNone) {
  const PasswordHasher hasher(PasswordCost::Cheapest());
  EXPECT_FALSE(hasher.Verify("", std::nullopt));
  EXPECT_FALSE(hasher.Verify("tea", std::nullopt));
}

TEST(Passwords, AreHashedAnewWhenTheCostChanges) {
  const PasswordHasher cheap(PasswordCost::Cheapest());
  const PasswordHasher dearer(PasswordCost{2, 16384});
  const std::string hash = *cheap.Hash("tea");
  EXPECT_FALSE(cheap.IsOutdated(hash));
  EXPECT_TRUE(dearer.IsOutdated(hash));
  EXPECT_TRUE(dearer.Verify("tea", hash));
}

}  // namespace
}  // namespace parley::crypto
