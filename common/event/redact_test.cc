#include "common/event/redact.h"

#include <gtest/gtest.h>

#include "common/event/testing/test_room.h"

namespace parley::event {
namespace {

using testing::Json;
using testing::TestRoom;

// What stays of `content` in each of the versions; versions after the last one named are as that
// one.
struct ContentCase {
  std::string_view type;
  std::string_view content;
  std::vector<std::pair<int, std::string_view>> kept;  // from this version on
};

std::string_view Expected(const ContentCase& test, int version) {
  std::string_view expected;
  for (const auto& [from, kept] : test.kept) {
    if (version >= from) expected = kept;
  }
  return expected;
}

TEST(Redact, KeepsOfContentWhatEachRoomVersionNames) {
  const std::vector<ContentCase> cases = {
      {"m.room.message", R"({"body":"x"})", {{1, "{}"}}},
      {"m.room.member",
       R"({"displayname":"x","join_authorised_via_users_server":"@a:b","membership":"join"})",
       {{1, R"({"membership":"join"})"},
        {9, R"({"join_authorised_via_users_server":"@a:b","membership":"join"})"}}},
      {"m.room.member",
       R"({"membership":"invite","third_party_invite":{"display_name":"x","signed":{"token":"t"}}})",
       {{1, R"({"membership":"invite"})"},
        {11, R"({"membership":"invite","third_party_invite":{"signed":{"token":"t"}}})"}}},
      {"m.room.create",
       R"({"creator":"@a:b","m.federate":false})",
       {{1, R"({"creator":"@a:b"})"}, {11, R"({"creator":"@a:b","m.federate":false})"}}},
      {"m.room.join_rules",
       R"({"allow":[],"join_rule":"restricted","x":1})",
       {{1, R"({"join_rule":"restricted"})"}, {8, R"({"allow":[],"join_rule":"restricted"})"}}},
      {"m.room.power_levels",
       R"({"ban":1,"events":{},"events_default":2,"invite":3,"kick":4,"notifications":{},"redact":5,)"
       R"("state_default":6,"users":{},"users_default":7})",
       {{1, R"({"ban":1,"events":{},"events_default":2,"kick":4,"redact":5,)"
            R"("state_default":6,"users":{},"users_default":7})"},
        {11, R"({"ban":1,"events":{},"events_default":2,"invite":3,"kick":4,"redact":5,)"
             R"("state_default":6,"users":{},"users_default":7})"}}},
      {"m.room.aliases",
       R"({"aliases":["#a:b"],"x":1})",
       {{1, R"({"aliases":["#a:b"]})"}, {6, "{}"}}},
      {"m.room.history_visibility",
       R"({"history_visibility":"joined","x":1})",
       {{1, R"({"history_visibility":"joined"})"}}},
      {"m.room.redaction",
       R"({"reason":"x","redacts":"$a"})",
       {{1, "{}"}, {11, R"({"redacts":"$a"})"}}},
  };
  for (const ContentCase& test : cases) {
    for (int number = 1; number <= 12; ++number) {
      const RoomVersion& version = GetRoomVersion(std::to_string(number));
      EXPECT_EQ(json::Serialize(RedactContent(version, test.type, Json(test.content))),
                Expected(test, number))
          << test.type << " in version " << number;
    }
  }
}

TEST(Redact, KeepsTheKeysThatTheProtocolNeeds) {
  for (const RoomVersion& version : AllRoomVersions()) {
    for (const std::string_view key :
         {"event_id", "type", "room_id", "sender", "state_key", "content", "hashes", "signatures",
          "depth", "prev_events", "auth_events", "origin_server_ts"}) {
      EXPECT_TRUE(SurvivesRedaction(version, key)) << key;
    }
    for (const std::string_view key : {"unsigned", "redacts", "age_ts", "anything"}) {
      EXPECT_FALSE(SurvivesRedaction(version, key)) << key;
    }
    for (const std::string_view key : {"origin", "membership", "prev_state"}) {
      EXPECT_EQ(SurvivesRedaction(version, key), std::stoi(std::string(version.id)) <= 10) << key;
    }
  }
}

TEST(Redact, ARedactedEventKeepsItsIdAndSignatures) {
  for (const RoomVersion& version : AllRoomVersions()) {
    const TestRoom room(version, "@alice:a.test");
    const PduPtr event =
        room.Make("@alice:a.test", "m.room.message", std::nullopt, R"({"body":"x"})");
    const auto redacted = Redact(*event);
    ASSERT_TRUE(redacted.ok()) << redacted.status();
    EXPECT_TRUE((*redacted)->content.empty());
    const auto received = ParsePdu((*redacted)->bytes, version);
    EXPECT_EQ(received->event_id(), event->event_id) << version.id;
    EXPECT_TRUE(VerifyPdu(*received, testing::TestKeys).ok()) << version.id;
  }
}

class MayRedactIn : public ::testing::TestWithParam<RoomVersion> {
 protected:
  MayRedactIn() {
    room_.Member("@bob:b.test", "join");
    room_.Member("@carol:b.test", "join");
  }

  bool Asks(std::string_view sender, const Pdu& target) {
    EventFields fields = room_.Fields(sender, "m.room.redaction", std::nullopt, "{}");
    fields.redacts = target.event_id;
    const PowerLevels levels(room_.create().get(), room_("m.room.power_levels", ""));
    return MayRedact(*room_.Build(fields), target, levels);
  }

  TestRoom room_{GetRoomVersion(GetParam().id), "@alice:a.test"};
};

INSTANTIATE_TEST_SUITE_P(Redact, MayRedactIn, ::testing::ValuesIn(AllRoomVersions()),
                         [](const auto& info) { return "V" + std::string(info.param.id); });

TEST_P(MayRedactIn, TheRedactLevelReachesEverything) {
  const PduPtr target = room_.Add("@bob:b.test", "m.room.message", std::nullopt, "{}");
  EXPECT_TRUE(Asks("@alice:a.test", *target));
}

TEST_P(MayRedactIn, WithoutItASenderReachesWhatIsOfTheSameServer) {
  const PduPtr own = room_.Add("@bob:b.test", "m.room.message", std::nullopt, "{}");
  const PduPtr foreign = room_.Add("@alice:a.test", "m.room.message", std::nullopt, "{}");
  EXPECT_TRUE(Asks("@bob:b.test", *own));
  EXPECT_TRUE(Asks("@carol:b.test", *own));
  EXPECT_FALSE(Asks("@bob:b.test", *foreign));
}

TEST_P(MayRedactIn, ARedactionReachesOnlyItsOwnTarget) {
  const PduPtr target = room_.Add("@bob:b.test", "m.room.message", std::nullopt, "{}");
  EventFields fields = room_.Fields("@alice:a.test", "m.room.redaction", std::nullopt, "{}");
  fields.redacts = room_.create()->event_id;
  EXPECT_FALSE(
      MayRedact(*room_.Build(fields), *target, PowerLevels(room_.create().get(), nullptr)));
}

}  // namespace
}  // namespace parley::event
