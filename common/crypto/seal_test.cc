#include "common/crypto/seal.h"

#include <gtest/gtest.h>

#include "common/testing/seeded_rng.h"

namespace parley::crypto {
namespace {

TEST(Seal, OpensWithItsKeyOnly) {
  testing::SeededRng rng;
  const std::string key(kSealKeyBytes, 'k'), other(kSealKeyBytes, 'o');
  const std::string sealed = Seal("a secret", key, rng);
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_EQ(Unseal(sealed, key), "a secret");
  EXPECT_EQ(Unseal(sealed, other), std::nullopt);
  EXPECT_EQ(Unseal(sealed, "short"), std::nullopt);
}

TEST(Seal, RefusesWhatWasChanged) {
  testing::SeededRng rng;
  const std::string key(kSealKeyBytes, 'k');
  std::string sealed = Seal("a secret", key, rng);
  EXPECT_EQ(Unseal("", key), std::nullopt);
  EXPECT_EQ(Unseal(sealed.substr(0, sealed.size() - 1), key), std::nullopt);
  sealed.back() ^= 1;
  EXPECT_EQ(Unseal(sealed, key), std::nullopt);
}

TEST(Seal, HidesThatTwoTextsAreTheSame) {
  testing::SeededRng rng;
  const std::string key(kSealKeyBytes, 'k');
  EXPECT_NE(Seal("a", key, rng), Seal("a", key, rng));
}

}  // namespace
}  // namespace parley::crypto
