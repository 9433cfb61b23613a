#include "common/filter/filter.h"

#include <gtest/gtest.h>

#include "common/filter/parse.h"
#include "common/status/matrix_error.h"

namespace parley::filter {
namespace {

RoomEventFilter InRoom(std::string_view text) {
  return ParseRoomEventFilter(text).value();
}

TEST(Filters, AcceptEverythingByDefault) {
  const Filter filter = ParseFilter("{}").value();
  EXPECT_TRUE(filter.room.AcceptsRoom("!a:b"));
  EXPECT_TRUE(filter.room.timeline.Accepts({"m.room.message", "@a:b"}));
  EXPECT_TRUE(filter.presence.Accepts("m.presence", "@a:b"));
  EXPECT_FALSE(filter.presence.AcceptsNothing());
  EXPECT_TRUE(filter.presence.AcceptsEverything());
  EXPECT_FALSE(InRoom(R"({"not_senders":["@c:d"]})").AcceptsEverything());
  EXPECT_FALSE(InRoom(R"({"types":[]})").AcceptsEverything());
  EXPECT_FALSE(filter.room.include_leave);
  EXPECT_FALSE(filter.event_fields);
  EXPECT_EQ(filter.event_format, EventFormat::kClient);
  EXPECT_EQ(filter.room.timeline.LimitOr(10, 100), 10);
}

TEST(Filters, SelectTypesWithStars) {
  const auto filter =
      InRoom(R"({"types":["m.room.*","m.*.invite","org.x"],"not_types":["m.room.member"]})");
  EXPECT_TRUE(filter.Accepts({"m.room.message", "@a:b"}));
  EXPECT_TRUE(filter.Accepts({"m.call.invite", "@a:b"}));
  EXPECT_TRUE(filter.Accepts({"org.x", "@a:b"}));
  EXPECT_FALSE(filter.Accepts({"m.room.member", "@a:b"}));
  EXPECT_FALSE(filter.Accepts({"m.call.hangup", "@a:b"}));
  EXPECT_FALSE(filter.Accepts({"M.ROOM.MESSAGE", "@a:b"}));
  EXPECT_FALSE(filter.Accepts({"org.xy", "@a:b"}));
}

TEST(Filters, SelectSenders) {
  const auto filter = InRoom(R"({"senders":["@a:b","@c:d"],"not_senders":["@c:d"]})");
  EXPECT_TRUE(filter.Accepts({"m", "@a:b"}));
  EXPECT_FALSE(filter.Accepts({"m", "@c:d"}));
  EXPECT_FALSE(filter.Accepts({"m", "@e:f"}));
}

TEST(Filters, SelectRooms) {
  const Filter filter =
      ParseFilter(R"({"room":{"not_rooms":["!no:b"],"timeline":{"rooms":["!yes:b"]}}})").value();
  EXPECT_FALSE(filter.room.AcceptsRoom("!no:b"));
  EXPECT_TRUE(filter.room.AcceptsRoom("!other:b"));
  EXPECT_TRUE(filter.room.timeline.AcceptsRoom("!yes:b"));
  EXPECT_FALSE(filter.room.timeline.AcceptsRoom("!other:b"));
  EXPECT_TRUE(filter.room.state.AcceptsRoom("!other:b"));
}

TEST(Filters, AnEmptyListAcceptsNothing) {
  for (const char* text :
       {R"({"types":[]})", R"({"senders":[]})", R"({"limit":0})", R"({"not_types":["*"]})"}) {
    EXPECT_TRUE(InRoom(text).AcceptsNothing()) << text;
  }
  EXPECT_FALSE(InRoom(R"({"types":[]})").Accepts({"m", "@a:b"}));
  EXPECT_FALSE(InRoom(R"({"rooms":[]})").AcceptsRoom("!a:b"));
  EXPECT_FALSE(InRoom(R"({"not_types":[],"types":["*"]})").AcceptsNothing());
}

TEST(Filters, LookForUrls) {
  EXPECT_TRUE(InRoom(R"({"contains_url":true})").Accepts({"m", "@a:b", true}));
  EXPECT_FALSE(InRoom(R"({"contains_url":true})").Accepts({"m", "@a:b", false}));
  EXPECT_FALSE(InRoom(R"({"contains_url":false})").Accepts({"m", "@a:b", true}));
  EXPECT_TRUE(InRoom("{}").Accepts({"m", "@a:b", true}));
}

TEST(Filters, BoundTheLimit) {
  EXPECT_EQ(InRoom(R"({"limit":5})").LimitOr(10, 100), 5);
  EXPECT_EQ(InRoom(R"({"limit":5000})").LimitOr(10, 100), 100);
}

TEST(Filters, ReadEverythingElse) {
  const Filter filter =
      ParseFilter(R"({"event_format":"federation","event_fields":["type"],"unknown":1,
      "presence":{"dev.parley.all_states":true},
      "room":{"include_leave":true,"state":{"lazy_load_members":true,"include_redundant_members":true},
      "timeline":{"unread_thread_notifications":true,"related_by_rel_types":["m.thread"],
      "related_by_senders":["@a:b"]}}})")
          .value();
  EXPECT_EQ(filter.event_format, EventFormat::kFederation);
  EXPECT_TRUE(filter.event_fields);
  EXPECT_TRUE(filter.all_presence_states);
  EXPECT_TRUE(filter.room.include_leave);
  EXPECT_TRUE(filter.room.state.lazy_load_members);
  EXPECT_TRUE(filter.room.state.include_redundant_members);
  EXPECT_TRUE(filter.room.timeline.unread_thread_notifications);
  EXPECT_EQ(filter.room.timeline.related_by_rel_types.size(), 1u);
  EXPECT_EQ(filter.room.timeline.related_by_senders.size(), 1u);
}

TEST(Filters, RefuseWrongTypes) {
  for (const char* text : {"[]",
                           R"("x")",
                           "null",
                           R"({"presence":"x"})",
                           R"({"presence":{"dev.parley.all_states":1}})",
                           R"({"room":"x"})",
                           R"({"room":{"timeline":"x"}})",
                           R"({"room":{"state":[]}})",
                           R"({"room":{"ephemeral":1}})",
                           R"({"room":{"account_data":"x"}})",
                           R"({"room":{"timeline":{"rooms":"x"}}})",
                           R"({"room":{"timeline":{"not_senders":{}}}})",
                           R"({"room":{"timeline":{"types":[1]}}})",
                           R"({"room":{"timeline":{"rooms":["not_a_room_id"]}}})",
                           R"({"room":{"timeline":{"senders":["not_a_user"]}}})",
                           R"({"event_fields":"x"})",
                           R"({"event_format":"bogus"})",
                           R"({"event_format":1})",
                           R"({"room":{"timeline":{"limit":"ten"}}})",
                           R"({"room":{"timeline":{"limit":-1}}})",
                           R"({"room":{"timeline":{"limit":9223372036854775808}}})",
                           R"({"room":{"timeline":{"limit":1.5}}})",
                           R"({"room":{"include_leave":"x"}})",
                           R"({"room":{"timeline":{"contains_url":1}}})",
                           R"({"room":{"timeline":{"lazy_load_members":"yes"}}})"}) {
    EXPECT_TRUE(HasErrcode(ParseFilter(text).status(), "M_BAD_JSON")) << text;
  }
  EXPECT_TRUE(HasErrcode(ParseFilter("{broken").status(), "M_NOT_JSON"));
  EXPECT_TRUE(HasErrcode(ParseRoomEventFilter("{x").status(), "M_NOT_JSON"));
}

TEST(Filters, AreInlineOrNamed) {
  EXPECT_TRUE(IsInline("{}"));
  EXPECT_FALSE(IsInline("12"));
}

std::string Project(const std::vector<std::string>& paths, std::string_view event) {
  return json::Serialize(FieldSet(paths).Project(json::ParseObject(event).value()));
}

TEST(EventFields, KeepOnlyWhatIsNamed) {
  constexpr std::string_view kEvent =
      R"({"content":{"a.b":1,"body":"x","c":{"d":2,"e":3}},"sender":"@a:b","type":"t"})";
  EXPECT_EQ(Project({"type", "content.body"}, kEvent), R"({"content":{"body":"x"},"type":"t"})");
  EXPECT_EQ(Project({R"(content.a\.b)", "content.c.e"}, kEvent),
            R"({"content":{"a.b":1,"c":{"e":3}}})");
  EXPECT_EQ(Project({"content.c", "content.c.d"}, kEvent), R"({"content":{"c":{"d":2,"e":3}}})");
  EXPECT_EQ(Project({"content.c.d", "content"}, kEvent),
            R"({"content":{"a.b":1,"body":"x","c":{"d":2,"e":3}}})");
  EXPECT_EQ(Project({"none", "sender.x", ""}, kEvent), "{}");
  EXPECT_EQ(Project({}, kEvent), "{}");
}

}  // namespace
}  // namespace parley::filter
