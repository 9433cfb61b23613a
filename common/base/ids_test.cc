#include "common/base/ids.h"

#include <absl/container/flat_hash_set.h>
#include <gtest/gtest.h>

#include "common/base/mxc.h"
#include "common/base/server_name.h"
#include "common/status/matrix_error.h"
#include "common/testing/vectors.h"

namespace parley {
namespace {

TEST(UserIds, SplitAtTheFirstColon) {
  const auto id = UserId::Parse("@alice:[::1]:8448");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->localpart(), "alice");
  EXPECT_EQ(id->server_name(), "[::1]:8448");
  EXPECT_EQ(id->str(), "@alice:[::1]:8448");
}

TEST(UserIds, AcceptHistoricalLocalparts) {
  for (const char* text : {"@A:b", "@:b", "@é💩:b", "@a b\x01:b", "@*#:b"}) {
    EXPECT_TRUE(UserId::Parse(text).ok()) << text;
  }
}

TEST(UserIds, RefuseWhatIsNone) {
  using std::string_literals::operator""s;
  for (const std::string& text :
       {""s, "@"s, "@a"s, "a:b"s, "@a:"s, "@a:b:c"s, "@a\0:b"s, "@\xff:b"s, "@\xed\xa0\x80:b"s,
        "!a:b"s, "@a:b "s, "@" + std::string(253, 'a') + ":b"}) {
    EXPECT_TRUE(HasErrcode(UserId::Parse(text).status(), "M_INVALID_PARAM")) << text;
  }
}

TEST(RoomIds, OfVersionTwelveHaveNoServer) {
  const auto id = RoomId::Parse("!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->server_name(), "");
  EXPECT_EQ(id->localpart().size(), 43u);
  EXPECT_FALSE(RoomId::Parse("!AAAA").ok());
  EXPECT_FALSE(RoomId::Parse("!").ok());
}

TEST(EventIds, AreOpaqueUntilTheRoomVersionIsKnown) {
  EXPECT_TRUE(EventId::Parse("$nope").ok());
  EXPECT_EQ(EventId::Parse("$abc:example.org")->server_name(), "example.org");
  EXPECT_FALSE(EventId::Parse("$").ok());
  EXPECT_FALSE(EventId::Parse("nope").ok());
}

TEST(Ids, OfOneKindCompareAndHash) {
  const UserId a = UserId::Trusted("@a:b");
  EXPECT_EQ(a, *UserId::Parse("@a:b"));
  EXPECT_LT(a, UserId::Trusted("@b:b"));
  EXPECT_TRUE(absl::flat_hash_set<UserId>{a}.contains(UserId::Trusted("@a:b")));
  EXPECT_TRUE(UserId().empty());
}

TEST(Localparts, OfNewUsersAreNarrow) {
  EXPECT_TRUE(IsValidNewLocalpart("a.b_c=d-e/f+1"));
  for (const char* text : {"", "A", "a b", "é", "a:b", "a#"}) {
    EXPECT_FALSE(IsValidNewLocalpart(text)) << text;
  }
}

TEST(ServerNames, ComeApart) {
  const auto plain = ParseServerName("Example.org");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "Example.org");
  EXPECT_FALSE(plain->port);
  EXPECT_FALSE(plain->is_ip_literal);
  const auto v6 = ParseServerName("[::1]:8448");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "[::1]");
  EXPECT_EQ(v6->port, 8448u);
  EXPECT_TRUE(v6->is_ip_literal);
  EXPECT_TRUE(ParseServerName("1.2.3.4:80")->is_ip_literal);
  EXPECT_FALSE(ParseServerName("123.example")->is_ip_literal);
}

TEST(ServerNames, RefuseWhatBreaksTheGrammar) {
  for (const char* text : {"", ":8448", "host:", "host:x", "host:123456", "[::1", "[]", "[::1]x",
                           "ho st", "_srv.example", "user@host", "[fe80::1%25eth0]", "[", "]"}) {
    EXPECT_FALSE(IsValidServerName(text)) << text;
  }
}

TEST(MxcUris, HaveAServerAndAMediaId) {
  const auto uri = MxcUri::Parse("mxc://example.org:80/abc_DEF-123");
  ASSERT_TRUE(uri.ok());
  EXPECT_EQ(uri->server_name, "example.org:80");
  EXPECT_EQ(uri->media_id, "abc_DEF-123");
  EXPECT_EQ(uri->ToString(), "mxc://example.org:80/abc_DEF-123");
  for (const char* text : {"mxc://a/", "mxc:///x", "mxc://a/b/c", "mxc://a/..", "http://a/b"}) {
    EXPECT_FALSE(MxcUri::Parse(text).ok()) << text;
  }
}

TEST(ServerNames, AgreeWithTheSharedVectors) {
  const auto vectors = testing::LoadVectors("server_names.jsonl");
  if (!vectors) GTEST_SKIP() << "no shared vectors (set PARLEY_SHARED)";
  for (const json::Object& vector : *vectors) {
    EXPECT_EQ(IsValidServerName(json::StringOr(vector, "server_name", "")),
              json::BoolOr(vector, "valid", false))
        << json::Serialize(vector);
  }
}

bool Accepts(std::string_view kind, std::string_view value) {
  if (kind == "user_id_historical") return UserId::Parse(value).ok();
  if (kind == "room_id") return RoomId::Parse(value).ok();
  if (kind == "room_alias") return RoomAlias::Parse(value).ok();
  if (kind == "event_id_v4") return EventId::Parse(value).ok() && IsHashEventId(value);
  if (kind == "mxc_uri") return MxcUri::Parse(value).ok();
  const auto user = UserId::Parse(value);
  return kind == "user_id_strict" && user.ok() && IsValidNewLocalpart(user->localpart());
}

TEST(Ids, AgreeWithTheSharedVectors) {
  const auto vectors = testing::LoadVectors("identifiers.jsonl");
  if (!vectors) GTEST_SKIP() << "no shared vectors (set PARLEY_SHARED)";
  for (const json::Object& vector : *vectors) {
    if (vector.Find("valid")->is_null()) continue;
    EXPECT_EQ(Accepts(json::StringOr(vector, "kind", ""), json::StringOr(vector, "value", "")),
              json::BoolOr(vector, "valid", false))
        << json::Serialize(vector);
  }
}

}  // namespace
}  // namespace parley
