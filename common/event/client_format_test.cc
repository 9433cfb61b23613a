#include "common/event/client_format.h"

#include <gtest/gtest.h>

#include "common/event/testing/test_room.h"

namespace parley::event {
namespace {

using testing::Json;
using testing::TestRoom;

class ClientFormat : public ::testing::Test {
 protected:
  std::string Show(const Pdu& event, const UnsignedFields& extra = {},
                   ClientShape shape = ClientShape::kWithRoomId) {
    return ClientEventJson(StoredEvent::Of(event), extra, shape);
  }

  TestRoom room_{GetRoomVersion("10"), "@alice:a.test"};
};

TEST_F(ClientFormat, ShowsWhatClientsSeeAndNothingElse) {
  const PduPtr event = room_.Make("@alice:a.test", "m.room.message", std::nullopt,
                                  R"({"msgtype":"m.text","body":"a \"}{\\ b","x":[{"y":[]}]})");
  const json::Object shown = Json(Show(*event));
  EXPECT_EQ(json::Serialize(shown),
            R"({"content":)" + json::Serialize(event->content) + R"(,"event_id":")" +
                event->event_id.str() + R"(","origin_server_ts":)" +
                std::to_string(event->origin_server_ts) + R"(,"room_id":"!room:a.test",)" +
                R"("sender":"@alice:a.test","type":"m.room.message"})");
}

TEST_F(ClientFormat, StateEventsShowTheirStateKey) {
  const json::Object shown = Json(Show(*room_.State("m.room.member", "@alice:a.test")));
  EXPECT_EQ(json::StringOr(shown, "state_key", ""), "@alice:a.test");
}

TEST_F(ClientFormat, SyncLeavesTheRoomIdOut) {
  EXPECT_FALSE(Json(Show(*room_.last(), {}, ClientShape::kWithoutRoomId)).Has("room_id"));
}

TEST_F(ClientFormat, Version12ShowsTheRoomIdOfItsCreateEvent) {
  const TestRoom room(GetRoomVersion("12"), "@alice:a.test");
  EXPECT_EQ(json::StringOr(Json(Show(*room.create())), "room_id", ""), room.id().str());
}

TEST_F(ClientFormat, UnsignedHoldsWhatIsKnownBesides) {
  UnsignedFields extra;
  extra.age_ms = 5;
  extra.transaction_id = "t\"1";
  extra.prev_content_json = R"({"a":1})";
  extra.prev_sender = "@bob:b.test";
  extra.replaces_state = "$old";
  extra.membership = "join";
  extra.redacted_because_json = R"({"type":"m.room.redaction"})";
  extra.relations_json = R"({"m.thread":{}})";
  extra.more_members = R"("k":true)";
  const json::Object shown = Json(Show(*room_.last(), extra));
  EXPECT_EQ(json::Serialize(*json::FindObject(shown, "unsigned")),
            R"({"age":5,"k":true,"m.relations":{"m.thread":{}},"membership":"join",)"
            R"("prev_content":{"a":1},"prev_sender":"@bob:b.test",)"
            R"("redacted_because":{"type":"m.room.redaction"},"replaces_state":"$old",)"
            R"("transaction_id":"t\"1"})");
}

TEST_F(ClientFormat, TheOldApiHasUserIdAgeAndPrevContentAtTheTop) {
  UnsignedFields extra;
  extra.age_ms = 5;
  extra.prev_content_json = R"({"a":1})";
  const json::Object shown = Json(Show(*room_.last(), extra, ClientShape::kApiV1));
  EXPECT_EQ(json::StringOr(shown, "user_id", ""), "@alice:a.test");
  EXPECT_EQ(json::IntOr(shown, "age", 0), 5);
  EXPECT_TRUE(shown.Has("prev_content"));
  EXPECT_TRUE(shown.Has("room_id"));
  EXPECT_FALSE(shown.Has("unsigned"));
}

TEST_F(ClientFormat, OnePrefixServesManyReaders) {
  const std::string prefix =
      ClientEventPrefix(StoredEvent::Of(*room_.last()), ClientShape::kWithoutRoomId);
  UnsignedFields extra;
  extra.age_ms = 7;
  std::string out = prefix;
  AppendUnsignedAndClose(out, extra, ClientShape::kWithoutRoomId);
  EXPECT_EQ(out, Show(*room_.last(), extra, ClientShape::kWithoutRoomId));
}

TEST_F(ClientFormat, RedactionsNameTheirTargetInBothPlaces) {
  for (const RoomVersion& version : AllRoomVersions()) {
    const TestRoom room(version, "@alice:a.test");
    EventFields fields = room.Fields("@alice:a.test", "m.room.redaction", std::nullopt, "{}");
    fields.redacts = room.last()->event_id;
    const json::Object shown = Json(Show(*room.Build(fields)));
    EXPECT_EQ(json::StringOr(shown, "redacts", ""), fields.redacts->str()) << version.id;
    EXPECT_EQ(json::StringOr(*json::FindObject(shown, "content"), "redacts", ""),
              fields.redacts->str())
        << version.id;
  }
}

TEST_F(ClientFormat, StrippedEventsHaveFourKeys) {
  std::string out;
  AppendStrippedEvent(out, room_.last()->bytes);
  EXPECT_EQ(out, R"({"content":{"membership":"join"},"sender":"@alice:a.test",)"
                 R"("state_key":"@alice:a.test","type":"m.room.member"})");
}

TEST(RawMember, FindsMembersAndNothingInsideOfThem) {
  constexpr std::string_view kObject = R"({"a":{"b":"}\"{"},"b":[1,"]"],"c":12,"d":"x"})";
  EXPECT_EQ(RawMember(kObject, "a"), R"({"b":"}\"{"})");
  EXPECT_EQ(RawMember(kObject, "b"), R"([1,"]"])");
  EXPECT_EQ(RawMember(kObject, "c"), "12");
  EXPECT_EQ(RawMember(kObject, "d"), R"("x")");
  EXPECT_EQ(RawMember(kObject, "e"), "");
}

TEST(RawMember, EndsOnBytesThatAreNoObject) {
  for (const std::string_view text :
       {"", "{", "{}", "[", R"({"a)", R"({"a":)", R"({"a":{)", R"({"a":")"}) {
    RawMember(text, "a");
  }
}

}  // namespace
}  // namespace parley::event
