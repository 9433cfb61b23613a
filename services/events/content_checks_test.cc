#include "services/events/content_checks.h"

#include <gtest/gtest.h>

#include "common/status/matrix_error.h"

namespace parley::events {
namespace {

bool Passes(std::string_view type, std::string_view content, const std::optional<std::string>& state_key = {}) {
  const auto parsed = json::ParseObject(content);
  EXPECT_TRUE(parsed.ok()) << content;
  const absl::Status status = CheckContent(type, state_key, *parsed, "localhost");
  EXPECT_TRUE(status.ok() || FromStatus(status).http_status == 400) << status;
  return status.ok();
}

bool MessagePasses(std::string_view content) { return Passes("m.room.message", content); }

TEST(ContentChecks, S21_MessagesNeedAMsgtype) {
  EXPECT_FALSE(MessagePasses(R"({"body":"x"})"));
  EXPECT_FALSE(MessagePasses(R"({"body":"x","msgtype":1})"));
}

TEST(ContentChecks, S22_MessagesNeedABody) {
  EXPECT_FALSE(MessagePasses(R"({"msgtype":"m.text"})"));
  EXPECT_FALSE(MessagePasses(R"({"msgtype":"m.text","body":null})"));
}

TEST(ContentChecks, S23_S24_S25_TextNeedsNothingMore) {
  for (const std::string type : {"m.text", "m.emote", "m.notice"}) {
    EXPECT_TRUE(MessagePasses(R"({"body":"x","msgtype":")" + type + R"("})"));
  }
}

TEST(ContentChecks, S26_S27_S28_S30_MediaNeedAUrlOrAnEncryptedFile) {
  for (const std::string type : {"m.image", "m.file", "m.audio", "m.video"}) {
    const std::string start = R"({"body":"x","msgtype":")" + type + "\"";
    EXPECT_FALSE(MessagePasses(start + "}")) << type;
    EXPECT_TRUE(MessagePasses(start + R"(,"url":"mxc://a/b"})")) << type;
    EXPECT_TRUE(MessagePasses(start + R"(,"file":{"url":"mxc://a/b"}})")) << type;
  }
}

TEST(ContentChecks, S29_LocationsNeedAGeoUri) {
  EXPECT_FALSE(MessagePasses(R"({"body":"x","msgtype":"m.location"})"));
  EXPECT_TRUE(MessagePasses(R"({"body":"x","msgtype":"m.location","geo_uri":"geo:1,2"})"));
}

TEST(ContentChecks, S31_UnknownTypesPass) {
  EXPECT_TRUE(MessagePasses(R"({"body":"x","msgtype":"com.example","more":[1]})"));
  EXPECT_TRUE(Passes("com.example.unheard_of", R"({"deep":{"a":[null]}})"));
  EXPECT_TRUE(Passes("m.room.message.feedback", R"({"type":"read","target_event_id":"$x"})")) << "S19";
}

TEST(ContentChecks, StateOfKnownTypesHasTheRightKinds) {
  EXPECT_FALSE(Passes("m.room.name", R"({"name":1})", ""));
  EXPECT_TRUE(Passes("m.room.name", R"({})", ""));
  EXPECT_FALSE(Passes("m.room.power_levels", R"({"ban":"50"})", ""));
  EXPECT_FALSE(Passes("m.room.power_levels", R"({"users":{"alice":50}})", ""));
  EXPECT_TRUE(Passes("m.room.power_levels", R"({"users":{"@a:b":50}})", ""));
  EXPECT_FALSE(Passes("m.room.member", R"({"membership":"dance"})", "@a:b"));
  EXPECT_FALSE(Passes("m.room.member", R"({"membership":"join"})", "a"));
  EXPECT_FALSE(Passes("m.room.canonical_alias", R"({"alias":"x"})", ""));
  EXPECT_FALSE(Passes("m.room.join_rules", R"({})", ""));
}

TEST(ContentChecks, AServerAclMayNotShutThisServerOut) {
  EXPECT_FALSE(Passes("m.room.server_acl", R"({})", ""));
  EXPECT_FALSE(Passes("m.room.server_acl", R"({"allow":["*"],"deny":["local*"]})", ""));
  EXPECT_TRUE(Passes("m.room.server_acl", R"({"allow":["*"],"deny":["evil.example"]})", ""));
}

}  // namespace
}  // namespace parley::events
