#include "common/event/power_levels.h"

#include <gtest/gtest.h>

#include "common/event/event_types.h"
#include "common/event/testing/test_room.h"

namespace parley::event {
namespace {

using testing::Json;
using testing::TestRoom;

std::optional<int64_t> Parse(std::string_view version, std::string_view json) {
  const json::Object object = Json("{\"v\":" + std::string(json) + "}");
  return ParseLevel(GetRoomVersion(version), *object.Find("v"));
}

TEST(ParseLevel, TakesIntegersInEveryVersion) {
  for (const RoomVersion& version : AllRoomVersions()) {
    EXPECT_EQ(Parse(version.id, "50"), 50);
    EXPECT_EQ(Parse(version.id, "-1"), -1);
    EXPECT_EQ(Parse(version.id, "true"), std::nullopt);
    EXPECT_EQ(Parse(version.id, "null"), std::nullopt);
  }
}

TEST(ParseLevel, TakesIntegersWrittenAsStringsUpToVersion9) {
  for (const std::string_view text :
       {R"("100")", R"("000100")", R"("+100")", R"(" 00100 ")", R"("\t+100\n")"}) {
    EXPECT_EQ(Parse("1", text), 100) << text;
    EXPECT_EQ(Parse("9", text), 100) << text;
    EXPECT_EQ(Parse("10", text), std::nullopt) << text;
  }
  EXPECT_EQ(Parse("9", R"("-100")"), -100);
  for (const std::string_view text :
       {R"("")", R"(" ")", R"("1.5")", R"("+-1")", R"("1 0")", R"("0x1")", R"("+")"}) {
    EXPECT_EQ(Parse("9", text), std::nullopt) << text;
  }
}

TEST(ParseLevel, TruncatesFloatsUpToVersion5) {
  EXPECT_EQ(Parse("5", "50.57"), 50);
  EXPECT_EQ(Parse("5", "5.114698E4"), 51146);
  EXPECT_EQ(Parse("5", "-1.9"), -1);
  EXPECT_EQ(Parse("6", "50.57"), std::nullopt);
}

TEST(PowerLevels, HaveTheirDefaultsWithoutAnEvent) {
  for (const RoomVersion& version : AllRoomVersions()) {
    const TestRoom room(version, "@alice:a.test");
    const PowerLevels levels(room.create().get(), nullptr);
    EXPECT_EQ(levels.UserLevel("@alice:a.test"), version.privileged_creators ? kCreatorLevel : 100);
    EXPECT_EQ(levels.UserLevel("@bob:b.test"), 0);
    EXPECT_EQ(levels.EventLevel("m.room.message", false), 0);
    EXPECT_EQ(levels.EventLevel("m.room.topic", true), 50);
    EXPECT_EQ(levels.Ban(), 50);
    EXPECT_EQ(levels.Kick(), 50);
    EXPECT_EQ(levels.Redact(), 50);
    EXPECT_EQ(levels.Invite(), 0);
    EXPECT_EQ(levels.Notification("room"), 50);
  }
}

TEST(PowerLevels, AreWhatTheEventSays) {
  TestRoom room(GetRoomVersion("11"), "@alice:a.test");
  const PduPtr event =
      room.Add("@alice:a.test", kPowerLevels, "",
               R"({"ban":1,"events":{"m.room.topic":3},"events_default":4,"invite":5,
                                    "notifications":{"room":6},"state_default":7,
                                    "users":{"@bob:b.test":8},"users_default":9})");
  const PowerLevels levels(room.create().get(), event.get());
  EXPECT_EQ(levels.Ban(), 1);
  EXPECT_EQ(levels.EventLevel("m.room.topic", true), 3);
  EXPECT_EQ(levels.EventLevel("m.room.message", false), 4);
  EXPECT_EQ(levels.EventLevel("m.room.name", true), 7);
  EXPECT_EQ(levels.Invite(), 5);
  EXPECT_EQ(levels.Notification("room"), 6);
  EXPECT_EQ(levels.UserLevel("@bob:b.test"), 8);
  EXPECT_EQ(levels.UserLevel("@alice:a.test"), 9);
}

TEST(PowerLevels, OfVersion12LeaveCreatorsAboveAll) {
  TestRoom room(GetRoomVersion("12"), "@alice:a.test",
                R"({"additional_creators":["@bob:b.test"]})");
  const PduPtr event = room.Add("@alice:a.test", kPowerLevels, "", R"({"users_default":5})");
  const PowerLevels levels(room.create().get(), event.get());
  EXPECT_EQ(levels.UserLevel("@alice:a.test"), kCreatorLevel);
  EXPECT_EQ(levels.UserLevel("@bob:b.test"), kCreatorLevel);
  EXPECT_EQ(levels.UserLevel("@carol:c.test"), 5);
  EXPECT_FALSE(IsCreator(*room.create(), "@carol:c.test"));
}

}  // namespace
}  // namespace parley::event
