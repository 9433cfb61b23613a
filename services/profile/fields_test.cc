#include "services/profile/fields.h"

#include <gtest/gtest.h>

#include "common/status/matrix_error.h"

namespace parley::profile {
namespace {

const Config kConfig;

std::string Set(const Fields& fields, std::string_view field, std::optional<std::string> value) {
  const auto next = WithField(fields, field, value, kConfig);
  return next.ok() ? ToJson(*next) : FromStatus(next.status()).errcode;
}

TEST(ProfileFields, AreSetAndRemoved) {
  const Fields alice = {{"displayname", R"("Alice")"}, {"m.tz", R"("Europe/Berlin")"}};
  EXPECT_EQ(Set(alice, "avatar_url", R"("mxc://a/b")"),
            R"({"avatar_url":"mxc://a/b","displayname":"Alice","m.tz":"Europe/Berlin"})");
  EXPECT_EQ(Set(alice, "m.tz", std::nullopt), R"({"displayname":"Alice"})");
  EXPECT_EQ(Set(alice, "com.example.any", R"({"a":[1]})"),
            R"({"com.example.any":{"a":[1]},"displayname":"Alice","m.tz":"Europe/Berlin"})");
}

TEST(ProfileFields, AnEmptyNameIsNoName) {
  EXPECT_EQ(Set({{"displayname", R"("Alice")"}}, "displayname", R"("")"), "{}");
  EXPECT_EQ(Set({{"displayname", R"("Alice")"}}, "displayname", "null"), "{}");
  EXPECT_EQ(Set({}, "com.example.any", R"("")"), R"({"com.example.any":""})");
}

TEST(ProfileFields, RefuseNamesThatAreNoText) {
  EXPECT_EQ(Set({}, "displayname", "5"), "M_BAD_JSON");
}

TEST(ProfileFields, AreBounded) {
  const std::string large = "\"" + std::string(70000, 'x') + "\"";
  EXPECT_EQ(Set({}, "displayname", large), "M_PROFILE_TOO_LARGE");
  EXPECT_EQ(Set({}, "com.example.any", large), "M_PROFILE_TOO_LARGE");
  EXPECT_EQ(Set({}, "displayname", "\"" + std::string(2000, 'x') + "\""), "M_TOO_LARGE");
}

TEST(ProfileFields, HaveNamesOfTheCommonGrammar) {
  EXPECT_EQ(Set({}, "com.example." + std::string(300, 'x'), "1"), "M_KEY_TOO_LARGE");
  for (const char* name : {"", "Not A Key", "A", "1a", "a/b", "\xC3\xA9"})
    EXPECT_EQ(Set({}, name, "1"), "M_INVALID_PARAM") << name;
}

}  // namespace
}  // namespace parley::profile
