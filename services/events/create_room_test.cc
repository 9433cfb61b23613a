#include "services/events/create_room.h"

#include <gmock/gmock.h>

#include "services/events/test_service.h"

namespace parley::events {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(CreateRoom, MakesTheEventsOfThePresetInTheOrderOfTheSpecification) {
  TestService service;
  const std::string room =
      service.Create("alice", R"({"name":"N","topic":"T","preset":"public_chat","invite":["@bob:localhost"]})");
  EXPECT_THAT(service.Events(room),
              ElementsAre("m.room.create", "m.room.member @alice:localhost", "m.room.power_levels", "m.room.join_rules",
                          "m.room.history_visibility", "m.room.name", "m.room.topic",
                          "m.room.member @bob:localhost"));
  EXPECT_EQ(service.State("alice", room, "m.room.join_rules"), R"({"join_rule":"public"})");
  EXPECT_THAT(service.accounts().TakeTold(), ElementsAre("@alice:localhost join", "@bob:localhost invite"));
}

TEST(CreateRoom, S20_NameAndTopicBecomeStateEvents) {
  TestService service;
  const std::string room = service.Create("alice", R"({"name":"N","topic":"T"})");
  EXPECT_EQ(service.State("alice", room, "m.room.name"), R"({"name":"N"})");
  EXPECT_THAT(service.State("alice", room, "m.room.topic"), HasSubstr(R"("topic":"T")"));
}

TEST(CreateRoom, WorksInEveryRoomVersion) {
  TestService service;
  for (const event::RoomVersion& version : event::AllRoomVersions()) {
    const std::string id(version.id);
    const std::string room = service.Create("alice", R"({"room_version":")" + id + R"(","preset":"public_chat"})");
    EXPECT_THAT(room, StartsWith("!")) << id;
    EXPECT_EQ(room.find(':') == std::string::npos, version.room_id_is_create_hash) << id;
    EXPECT_THAT(service.State("alice", room, "m.room.create"), HasSubstr(R"("room_version":")" + id + "\""));
    EXPECT_EQ(Outcome(service.Join("bob", room)), "200") << id;
    EXPECT_EQ(Outcome(service.Say("bob", room, "hello").status()), "200") << id;
  }
}

TEST(CreateRoom, InitialStateStandsAbovePresetsAndNamesStandAboveBoth) {
  TestService service;
  const std::string room = service.Create("alice", R"({"name":"N","initial_state":[
      {"type":"m.room.join_rules","content":{"join_rule":"knock"}},
      {"type":"m.room.name","state_key":"","content":{"name":"other"}},
      {"type":"com.example","state_key":"k","content":{"a":1}}]})");
  EXPECT_EQ(service.State("alice", room, "m.room.join_rules"), R"({"join_rule":"knock"})");
  EXPECT_EQ(service.State("alice", room, "m.room.name"), R"({"name":"N"})");
  EXPECT_EQ(service.State("alice", room, "com.example", "k"), R"({"a":1})");
}

TEST(CreateRoom, TrustedPrivateChatMakesInviteesEquals) {
  TestService service;
  const std::string body = R"("preset":"trusted_private_chat","invite":["@bob:localhost"],"is_direct":true)";
  const std::string old_room = service.Create("alice", R"({"room_version":"11",)" + body + "}");
  EXPECT_THAT(service.State("alice", old_room, "m.room.power_levels"), HasSubstr(R"("@bob:localhost":100)"));
  const std::string room = service.Create("alice", "{" + body + "}");
  EXPECT_THAT(service.State("alice", room, "m.room.create"), HasSubstr(R"("additional_creators":["@bob:localhost"])"));
  EXPECT_THAT(service.State("alice", room, "m.room.member", "@bob:localhost"), HasSubstr(R"("is_direct":true)"));
}

TEST(CreateRoom, RefusesWhatTheSpecificationForbids) {
  TestService service;
  const auto outcome = [&](const std::string& body) { return Outcome(service.TryCreate("alice", body).status()); };
  EXPECT_EQ(outcome(R"({"room_version":"99"})"), "400 M_UNSUPPORTED_ROOM_VERSION");
  EXPECT_EQ(outcome(R"({"room_version":1})"), "400 M_BAD_JSON");
  EXPECT_EQ(outcome(R"({"name":1})"), "400 M_BAD_JSON");
  EXPECT_EQ(outcome(R"({"invite":["bob"]})"), "400 M_INVALID_PARAM");
  EXPECT_EQ(outcome(R"({"preset":"none"})"), "400 M_INVALID_PARAM");
  EXPECT_EQ(outcome(R"({"room_alias_name":"a:b"})"), "400 M_INVALID_PARAM");
  EXPECT_EQ(outcome(R"({"power_level_content_override":{"users":{"@alice:localhost":100}}})"),
            "400 M_INVALID_ROOM_STATE");
  EXPECT_EQ(outcome(R"({"initial_state":[{"type":"x","content":[]}]})"), "400 M_BAD_JSON");
}

TEST(CreateRoom, TwoInTheSameMillisecondAreTwoRooms) {
  TestService service;
  EXPECT_NE(service.Create("alice"), service.Create("alice"));
}

TEST(CreateRoom, AliasLeadsToTheRoomAndIsTakenAfterThat) {
  TestService service;
  const std::string room = service.Create("alice", R"({"room_alias_name":"pub"})");
  v1::ResolveAliasRequest request;
  request.set_alias("#pub:localhost");
  EXPECT_EQ(service->ResolveAlias({}, request)->room_id(), room);
  EXPECT_EQ(service.State("alice", room, "m.room.canonical_alias"), R"({"alias":"#pub:localhost"})");
  EXPECT_EQ(Outcome(service.TryCreate("bob", R"({"room_alias_name":"pub"})").status()), "400 M_ROOM_IN_USE");
}

TEST(CreateRoom, PublicOnesAreInTheDirectoryAndFollowTheirState) {
  TestService service;
  const std::string room = service.Create("alice", R"({"visibility":"public","name":"Pub"})");
  ASSERT_EQ(Outcome(service.Join("bob", room)), "200");
  v1::ListPublicRoomsRequest request;
  request.set_search_term("PU");
  auto rooms = service->ListPublicRooms({}, request);
  ASSERT_EQ(rooms->rooms_size(), 1);
  EXPECT_EQ(rooms->rooms(0).num_joined_members(), 2u);
  request.set_search_term("nothing");
  EXPECT_EQ(service->ListPublicRooms({}, request)->rooms_size(), 0);
}

}  // namespace
}  // namespace parley::events
