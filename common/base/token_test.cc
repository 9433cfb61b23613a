#include "common/base/token.h"

#include <gtest/gtest.h>

#include "common/testing/seeded_rng.h"

namespace parley {
namespace {

TEST(Tokens, SayWhereTheyLive) {
  testing::SeededRng rng;
  for (const Partition partition : {0u, 7u, 255u}) {
    const std::string token = MakeToken("pat", partition, 32, rng);
    EXPECT_EQ(TokenPartition("pat", token, 256), partition) << token;
    EXPECT_FALSE(TokenPartition("ref", token, 256)) << token;
  }
}

TEST(Tokens, AreNeverTheSame) {
  EXPECT_NE(MakeToken("pat", 1, 16, Rng::System()), MakeToken("pat", 1, 16, Rng::System()));
}

TEST(Tokens, RefuseWhatWeNeverMade) {
  const std::string random(43, 'a');
  EXPECT_TRUE(TokenPartition("pat", "pat_15_" + random, 16));
  for (const std::string& token :
       {std::string(), std::string("pat"), std::string("pat_"), "pat_16_" + random,
        "pat_-1_" + random, "pat_+1_" + random, "pat_01_" + random, "pat__" + random,
        "pat_ 1_" + random, "pat_99999999999_" + random, "pat_1_" + random + "=",
        std::string("pat_1_short"), "pat_1_" + std::string(300, 'a'), "pat1_" + random}) {
    EXPECT_FALSE(TokenPartition("pat", token, 16)) << token;
  }
}

TEST(Partitions, NeverMove) {
  EXPECT_EQ(PartitionOf("@alice:example.org", 1), 0u);
  EXPECT_EQ(PartitionOf("@alice:example.org", 256), 108u);
  EXPECT_EQ(PartitionOf("!room:example.org", 1024), 527u);
  uint32_t seen = 0;
  for (int i = 0; i < 1000; ++i) seen |= 1u << PartitionOf("!room" + std::to_string(i), 16);
  EXPECT_EQ(seen, 0xffffu);
}

}  // namespace
}  // namespace parley
