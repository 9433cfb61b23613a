#include "common/http/address_rules.h"

#include <gtest/gtest.h>

#include "common/testing/vectors.h"

namespace parley::http {
namespace {

TEST(AddressRules, DeniesWhatIsNotPublicAsTheVectorsSay) {
  const auto vectors = testing::LoadVectors("ssrf_addresses.jsonl");
  if (!vectors) GTEST_SKIP();
  const AddressRules rules = *AddressRules::Make({}, {});
  for (const json::Object& vector : *vectors) {
    const std::string_view address = json::StringOr(vector, "address", "");
    EXPECT_EQ(rules.Allows(address), !json::BoolOr(vector, "blocked", false)) << address;
  }
}

TEST(AddressRules, WhatIsAllowedPassesWhateverElseIsSaid) {
  const AddressRules rules = *AddressRules::Make({"127.0.0.0/8", "fd00::5"}, {"9.9.9.0/24"});
  EXPECT_TRUE(rules.Allows("127.44.1.11"));
  EXPECT_TRUE(rules.Allows("::ffff:127.0.0.1"));
  EXPECT_TRUE(rules.Allows("fd00::5"));
  EXPECT_FALSE(rules.Allows("fd00::6"));
  EXPECT_FALSE(rules.Allows("10.0.0.1"));
  EXPECT_FALSE(rules.Allows("9.9.9.9"));
  EXPECT_TRUE(rules.Allows("9.9.10.9"));
}

TEST(AddressRules, PrefixesNeedNotEndAtAByte) {
  const AddressBlock block = *AddressBlock::Parse("172.16.0.0/12");
  EXPECT_TRUE(block.Contains(*IpAddress::Parse("172.31.255.255")));
  EXPECT_FALSE(block.Contains(*IpAddress::Parse("172.32.0.0")));
}

TEST(AddressRules, WhatIsNoAddressIsDeniedOrRefused) {
  const AddressRules rules = *AddressRules::Make({"0.0.0.0/0", "::/0"}, {});
  EXPECT_FALSE(rules.Allows("localhost"));
  EXPECT_FALSE(rules.Allows(""));
  for (const char* text : {"", "x", "1.2.3.4/33", "1.2.3.4/x", "::1/129", "1.2.3.4/-1"}) {
    EXPECT_FALSE(AddressRules::Make({text}, {}).ok()) << text;
  }
}

}  // namespace
}  // namespace parley::http
