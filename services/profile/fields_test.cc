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

// Client-server API, "Profiles": a whole profile is at most 64 KiB, a key at most 255 bytes.
TEST(ProfileFields, MayBeAsLargeAsTheLimitsAndNoByteMore) {
  const std::string empty = R"({"com.example.any":""})";
  const auto text = [](size_t bytes) { return "\"" + std::string(bytes, 'x') + "\""; };
  const size_t most = 65536 - empty.size();
  EXPECT_EQ(Set({}, "com.example.any", text(most)).size(), 65536u);
  EXPECT_EQ(Set({}, "com.example.any", text(most + 1)), "M_PROFILE_TOO_LARGE");
  const Fields half = {{"com.example.other", text(40000)}};
  EXPECT_EQ(Set(half, "com.example.any", text(40000)), "M_PROFILE_TOO_LARGE");
  EXPECT_NE(Set({}, std::string(255, 'k'), "1"), "M_KEY_TOO_LARGE");
  EXPECT_EQ(Set({}, std::string(256, 'k'), "1"), "M_KEY_TOO_LARGE");
}

TEST(ProfileFields, TakeTimeZonesByTheirIanaNames) {
  for (const char* name : {"UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Etc/GMT+5",
                           "America/Port-au-Prince", "GMT0"}) {
    const std::string quoted = std::string("\"") + name + "\"";
    EXPECT_EQ(Set({}, "m.tz", quoted), "{\"m.tz\":" + quoted + "}");
  }
  for (const char* name : {"", "/", "Europe/", "+01:00", "Europe Berlin", "a/b/c/d", "5"})
    EXPECT_EQ(Set({}, "m.tz", std::string("\"") + name + "\""), "M_INVALID_PARAM") << name;
  EXPECT_EQ(Set({}, "m.tz", "\"" + std::string(65, 'x') + "\""), "M_INVALID_PARAM");
  for (const char* value : {"5", "null", "{}"}) EXPECT_EQ(Set({}, "m.tz", value), "M_BAD_JSON");
}

TEST(ProfileFields, HaveNamesOfTheCommonGrammar) {
  EXPECT_EQ(Set({}, "com.example." + std::string(300, 'x'), "1"), "M_KEY_TOO_LARGE");
  for (const char* name : {"", "Not A Key", "A", "1a", "a/b", "\xC3\xA9"})
    EXPECT_EQ(Set({}, name, "1"), "M_INVALID_PARAM") << name;
}

}  // namespace
}  // namespace parley::profile
