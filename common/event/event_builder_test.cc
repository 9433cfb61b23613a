#include "common/event/event_builder.h"

#include <gtest/gtest.h>

#include "common/crypto/json_signature.h"
#include "common/event/received_pdu.h"
#include "common/event/testing/test_room.h"
#include "common/status/matrix_error.h"

namespace parley::event {
namespace {

using testing::Json;
using testing::TestKey;
using testing::TestKeys;
using testing::TestRoom;

class EveryVersion : public ::testing::TestWithParam<RoomVersion> {
 protected:
  TestRoom room_{GetRoomVersion(GetParam().id), "@alice:a.test"};
};

INSTANTIATE_TEST_SUITE_P(EventBuilder, EveryVersion, ::testing::ValuesIn(AllRoomVersions()),
                         [](const auto& info) { return "V" + std::string(info.param.id); });

TEST_P(EveryVersion, WhatIsBuiltParsesAndVerifiesAsItself) {
  const PduPtr built = room_.Make("@alice:a.test", "m.room.message", std::nullopt,
                                  R"({"msgtype":"m.text","body":"grüße \" \n"})");
  const auto received = ParsePdu(built->bytes, room_.version());
  ASSERT_TRUE(received.ok()) << received.status();
  const auto verified = VerifyPdu(*received, TestKeys);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_FALSE(verified->redacted());
  const Pdu& parsed = **verified;
  EXPECT_EQ(parsed.bytes, built->bytes);
  EXPECT_EQ(parsed.event_id, built->event_id);
  EXPECT_EQ(parsed.room_id, built->room_id);
  EXPECT_EQ(parsed.sender, built->sender);
  EXPECT_EQ(parsed.prev_events, built->prev_events);
  EXPECT_EQ(parsed.auth_events, built->auth_events);
  EXPECT_EQ(json::Serialize(parsed.content), json::Serialize(built->content));
}

TEST_P(EveryVersion, TheBytesAreCanonicalAndSigned) {
  const PduPtr built = room_.Make("@alice:a.test", "m.room.topic", "", R"({"topic":"x"})");
  EXPECT_EQ(json::Serialize(Json(built->bytes)), built->bytes);
  EXPECT_FALSE(crypto::SignatureIn(Json(built->bytes), "a.test", TestKey().id()).empty());
}

TEST_P(EveryVersion, AChangedEventArrivesRedacted) {
  const PduPtr built =
      room_.Make("@alice:a.test", "m.room.message", std::nullopt, R"({"body":"a"})");
  json::Object changed = Json(built->bytes);
  changed.Set("content", json::Object{{"body", "b"}});
  const auto verified = VerifyPdu(*ParsePdu(changed, room_.version()), TestKeys);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_TRUE(verified->redacted());
  EXPECT_TRUE((*verified)->content.empty());
  EXPECT_EQ((*verified)->event_id, built->event_id);
}

TEST_P(EveryVersion, AForgedSenderIsRefused) {
  const PduPtr built =
      room_.Make("@alice:a.test", "m.room.message", std::nullopt, R"({"body":"a"})");
  json::Object changed = Json(built->bytes);
  changed.Set("sender", "@bob:b.test");
  EXPECT_TRUE(
      HasErrcode(VerifyPdu(*ParsePdu(changed, room_.version()), TestKeys).status(), "M_FORBIDDEN"));
}

TEST_P(EveryVersion, ASignatureByAnUnknownKeyIsNone) {
  const PduPtr built =
      room_.Make("@alice:a.test", "m.room.message", std::nullopt, R"({"body":"a"})");
  const auto no_keys = [](std::string_view, std::string_view) {
    return std::optional<VerifyKey>();
  };
  EXPECT_FALSE(VerifyPdu(*ParsePdu(built->bytes, room_.version()), no_keys).ok());
}

TEST_P(EveryVersion, AnExpiredKeyCountsForOlderEventsOnly) {
  const PduPtr built =
      room_.Make("@alice:a.test", "m.room.message", std::nullopt, R"({"body":"a"})");
  const auto verify = [&](int64_t expired) {
    const auto keys = [expired](std::string_view, std::string_view) {
      return std::optional<VerifyKey>({TestKey().public_key(), 0, expired});
    };
    return VerifyPdu(*ParsePdu(built->bytes, room_.version()), keys).ok();
  };
  EXPECT_TRUE(verify(built->origin_server_ts + 1));
  EXPECT_FALSE(verify(built->origin_server_ts));
}

TEST_P(EveryVersion, AKeyBeyondItsValidityCountsUpToVersion4) {
  const PduPtr built =
      room_.Make("@alice:a.test", "m.room.message", std::nullopt, R"({"body":"a"})");
  const auto keys = [&](std::string_view, std::string_view) {
    return std::optional<VerifyKey>(
        {TestKey().public_key(), built->origin_server_ts - 1, std::nullopt});
  };
  EXPECT_EQ(VerifyPdu(*ParsePdu(built->bytes, room_.version()), keys).ok(),
            !room_.version().enforce_key_validity);
}

TEST_P(EveryVersion, TheStoreGivesBackTheSameEvent) {
  const PduPtr create = room_.create();
  const auto loaded = LoadPdu(create->bytes, create->event_id, room_.version());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->room_id, create->room_id);
  EXPECT_EQ((*loaded)->event_id, create->event_id);
}

TEST_P(EveryVersion, ASecondSignatureStandsBesideTheFirst) {
  const auto received = ParsePdu(room_.last()->bytes, room_.version());
  const auto verified = VerifyPdu(*received, TestKeys);
  const auto both = SignPdu(*verified, "b.test", TestKey());
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ((*both)->event_id, room_.last()->event_id);
  const auto again = ParsePdu((*both)->bytes, room_.version());
  EXPECT_EQ(again->signatures().size(), 2u);
  EXPECT_EQ(again->signatures()[0].signature, again->signatures()[1].signature);
  EXPECT_EQ(again->event_id(), room_.last()->event_id);
}

TEST_P(EveryVersion, ARedactionNamesItsTargetWhereTheVersionWantsIt) {
  EventFields fields = room_.Fields("@alice:a.test", "m.room.redaction", std::nullopt, "{}");
  fields.redacts = room_.last()->event_id;
  const PduPtr built = room_.Build(fields);
  const auto received = ParsePdu(built->bytes, room_.version());
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->peek().redacts, room_.last()->event_id);
  EXPECT_EQ(Json(built->bytes).Has("redacts"), !room_.version().redacts_in_content);
}

TEST(EventBuilder, RefusesAnEventThatIsTooLarge) {
  const TestRoom room(DefaultRoomVersion(), "@alice:a.test");
  const EventBuilder builder(room.version(), "a.test", TestKey());
  const auto build = [&](size_t body) {
    EventFields fields = room.Fields("@alice:a.test", "m.room.message", std::nullopt, "{}");
    fields.content.Set("body", std::string(body, 'x'));
    return builder.Build(fields).status();
  };
  EXPECT_TRUE(build(64'000).ok());
  EXPECT_TRUE(HasErrcode(build(65'536), "M_TOO_LARGE"));
}

TEST(EventBuilder, RefusesATypeOrStateKeyThatIsTooLarge) {
  const TestRoom room(DefaultRoomVersion(), "@alice:a.test");
  const EventBuilder builder(room.version(), "a.test", TestKey());
  const std::string long_text(256, 'x');
  EXPECT_FALSE(builder.Build(room.Fields("@alice:a.test", long_text, "", "{}")).ok());
  EXPECT_FALSE(builder.Build(room.Fields("@alice:a.test", "t", long_text, "{}")).ok());
}

TEST(EventBuilder, RefusesFloatsFromVersion6On) {
  const auto build = [](std::string_view version) {
    const TestRoom room(GetRoomVersion(version), "@alice:a.test");
    const EventBuilder builder(room.version(), "a.test", TestKey());
    return builder.Build(room.Fields("@alice:a.test", "t", std::nullopt, R"({"a":[1.5]})")).ok();
  };
  EXPECT_TRUE(build("5"));
  EXPECT_FALSE(build("6"));
}

TEST(EventBuilder, ARoomOfVersion12IsNamedAfterItsCreateEvent) {
  const TestRoom room(GetRoomVersion("12"), "@alice:a.test");
  EXPECT_EQ(room.id().str().substr(1), room.create()->event_id.str().substr(1));
  EXPECT_FALSE(Json(room.create()->bytes).Has("room_id"));
}

TEST(EventBuilder, DepthStaysAtTheLargestTheVersionAllows) {
  const TestRoom room(GetRoomVersion("12"), "@alice:a.test");
  EventFields fields = room.Fields("@alice:a.test", "t", std::nullopt, "{}");
  fields.depth = INT64_MAX;
  EXPECT_EQ(room.Build(fields)->depth, (int64_t{1} << 53) - 1);
}

TEST(TemplateJson, HasNeitherHashesNorSignatures) {
  const TestRoom room(GetRoomVersion("10"), "@alice:a.test");
  const json::Object made =
      Json(TemplateJson(room.version(), room.Fields("@bob:b.test", "m.room.member", "@bob:b.test",
                                                    R"({"membership":"join"})")));
  EXPECT_FALSE(made.Has("hashes"));
  EXPECT_FALSE(made.Has("signatures"));
  EXPECT_EQ(json::StringOr(made, "state_key", ""), "@bob:b.test");
}

TEST(ReadTemplate, TakesThePlaceInTheGraphAndNothingElse) {
  for (const RoomVersion& version : AllRoomVersions()) {
    const TestRoom room(version, "@alice:a.test");
    const EventFields offered = room.Fields("@mallory:m.test", "m.room.power_levels", "", "{}");
    const auto read = ReadTemplate(version, Json(TemplateJson(version, offered)));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->room_id, offered.room_id);
    EXPECT_EQ(read->depth, offered.depth);
    ASSERT_EQ(read->prev_events.size(), 1u);
    EXPECT_EQ(read->prev_events[0].id, offered.prev_events[0].id);
    EXPECT_EQ(read->prev_events[0].sha256, offered.prev_events[0].sha256);
    EXPECT_EQ(read->auth_events.size(), offered.auth_events.size());
    EXPECT_TRUE(read->sender.empty());
    EXPECT_TRUE(read->type.empty());
  }
}

TEST(ReadTemplate, RefusesWhatIsNone) {
  EXPECT_FALSE(ReadTemplate(DefaultRoomVersion(), {}).ok());
  EXPECT_FALSE(
      ReadTemplate(DefaultRoomVersion(),
                   Json(R"({"room_id":"!r:a.test","prev_events":[5],"auth_events":[],"depth":2})"))
          .ok());
}

}  // namespace
}  // namespace parley::event
