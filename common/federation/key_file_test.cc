#include "common/federation/key_file.h"

#include <gtest/gtest.h>

namespace parley::federation {
namespace {

TEST(KeyFile, ReadsWhatItWrites) {
  const PublishedKey one{"ed25519:a_1", std::string(32, 'x'), 5};
  const PublishedKey two{"ed25519:b", std::string(32, 'y'), 1'700'000'000'000};
  const auto keys = ParseOldKeys(FormatOldKey(one) + "\n" + FormatOldKey(two));
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].key_id, "ed25519:a_1");
  EXPECT_EQ((*keys)[0].public_key, std::string(32, 'x'));
  EXPECT_EQ((*keys)[1].expired_ms, 1'700'000'000'000);
}

TEST(KeyFile, NamesTheLineThatIsNoKey) {
  const std::string good = FormatOldKey({"ed25519:a", std::string(32, 'x'), 5});
  for (const char* bad : {"x", "rsa a AAAA 5", "ed25519 a AAAA 5", "ed25519 a-b AAAA 5"}) {
    const auto keys = ParseOldKeys(good + bad);
    EXPECT_EQ(keys.status().message(), "line 2 of the old signing keys is no key") << bad;
  }
}

}  // namespace
}  // namespace parley::federation
