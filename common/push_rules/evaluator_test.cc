#include "common/push_rules/evaluator.h"

#include <limits>

#include <gtest/gtest.h>

#include "common/push_rules/paths.h"

namespace parley::push_rules {
namespace {

constexpr std::string_view kAlice = "@alice:example.org";
constexpr std::string_view kBob = "@bob:example.org";

// Alice's rules, and what Bob's events do to her.
class PushEvaluation : public ::testing::Test {
 protected:
  void Add(std::string_view kind, std::string_view id, std::string_view body) {
    ASSERT_TRUE(Set(rules_, {"global", kind, id, ""}, body, "", "").ok()) << body;
  }

  // "", "notify" or "highlight".
  std::string Event(std::string_view type, std::string_view content,
                    std::optional<std::string_view> state_key = std::nullopt) {
    const json::Object parsed = json::ParseObject(content).value();
    const EventView event{"$e", "!room:example.org", type, sender_, state_key, &parsed};
    const Outcome outcome = CompiledRules(rules_).Evaluate(event, room_, kAlice);
    return outcome.highlight ? "highlight" : outcome.notify ? "notify" : "";
  }

  std::string Message(std::string_view content) { return Event("m.room.message", content); }
  std::string Say(std::string_view body) {
    return Message(json::Serialize(json::Object{{"msgtype", "m.text"}, {"body", body}}));
  }

  RuleSet rules_;
  RoomView room_{.member_count = 5, .display_name = "Alice B."};
  std::string_view sender_ = kBob;
};

TEST_F(PushEvaluation, AMessageNotifies) {
  EXPECT_EQ(Say("hello"), "notify");
}

TEST_F(PushEvaluation, OnesOwnMessageDoesNot) {
  sender_ = kAlice;
  EXPECT_EQ(Say("hello"), "");
}

TEST_F(PushEvaluation, ANoticeAnEditAReactionAndAMembershipDoNot) {
  EXPECT_EQ(Message(R"({"msgtype":"m.notice","body":"beep"})"), "");
  EXPECT_EQ(Message(R"({"body":"x","m.relates_to":{"rel_type":"m.replace"}})"), "");
  EXPECT_EQ(Event("m.reaction", R"({"m.relates_to":{"key":"+"}})"), "");
  EXPECT_EQ(Event("m.room.member", R"({"membership":"join"})", kBob), "");
  EXPECT_EQ(Event("m.room.server_acl", "{}", ""), "");
  EXPECT_EQ(Event("m.room.topic", "{}", ""), "");
}

TEST_F(PushEvaluation, AnInviteNotifiesWhoIsInvited) {
  EXPECT_EQ(Event("m.room.member", R"({"membership":"invite"})", kAlice), "notify");
  EXPECT_EQ(Event("m.room.member", R"({"membership":"invite"})", "@carol:example.org"), "");
}

TEST_F(PushEvaluation, AMentionHighlights) {
  EXPECT_EQ(Message(R"({"body":"you","m.mentions":{"user_ids":["@alice:example.org"]}})"),
            "highlight");
  EXPECT_EQ(Message(R"({"body":"you","m.mentions":{"user_ids":["@carol:example.org",5]}})"),
            "notify");
  EXPECT_EQ(Message(R"({"body":"you","m.mentions":{"user_ids":"@alice:example.org"}})"), "notify");
}

TEST_F(PushEvaluation, ARoomMentionHighlightsOnlyFromThoseWithThePower) {
  constexpr std::string_view kContent = R"({"body":"all","m.mentions":{"room":true}})";
  EXPECT_EQ(Message(kContent), "notify");
  room_.sender_power_level = 50;
  EXPECT_EQ(Message(kContent), "highlight");
  const json::Object levels{{"room", 75}};
  room_.notification_levels = &levels;
  EXPECT_EQ(Message(kContent), "notify");
  room_.sender_power_level = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Message(kContent), "highlight");
  EXPECT_EQ(Message(R"({"body":"all","m.mentions":{"room":"true"}})"), "notify");
}

TEST_F(PushEvaluation, ATombstoneHighlightsAsAStateEvent) {
  EXPECT_EQ(Event("m.room.tombstone", "{}", ""), "highlight");
  EXPECT_EQ(Event("m.room.tombstone", "{}"), "");
}

TEST_F(PushEvaluation, CallsAndEncryptedEventsNotify) {
  EXPECT_EQ(Event("m.call.invite", "{}"), "notify");
  EXPECT_EQ(Event("m.room.encrypted", "{}"), "notify");
}

TEST_F(PushEvaluation, RoomsOfTwoHaveASound) {
  room_.member_count = 2;
  const json::Object content{{"body", "x"}};
  const EventView event{"$e", "!r:b", "m.room.message", kBob, std::nullopt, &content};
  const Outcome outcome = CompiledRules::Defaults()->Evaluate(event, room_, kAlice);
  ASSERT_NE(outcome.actions, nullptr);
  EXPECT_EQ(json::Serialize(*outcome.actions),
            R"(["notify",{"set_tweak":"sound","value":"default"}])");
}

TEST_F(PushEvaluation, AWordOfOnesOwnMatchesWholeWords) {
  Add("content", "w", R"({"pattern":"tomat*","actions":["notify",{"set_tweak":"highlight"}]})");
  EXPECT_EQ(Say("A Tomato!"), "highlight");
  EXPECT_EQ(Say("automat"), "notify");
}

TEST_F(PushEvaluation, RoomAndSenderRulesSilence) {
  Add("room", "!room:example.org", R"({"actions":[]})");
  EXPECT_EQ(Say("hello"), "");
  ASSERT_TRUE(rules_.Delete(Kind::kRoom, "!room:example.org").ok());
  Add("sender", kBob, R"({"actions":[]})");
  EXPECT_EQ(Say("hello"), "");
  sender_ = "@carol:example.org";
  EXPECT_EQ(Say("hello"), "notify");
}

TEST_F(PushEvaluation, TheMasterRuleSilencesEverything) {
  ASSERT_TRUE(rules_.SetEnabled(Kind::kOverride, ".m.rule.master", true).ok());
  EXPECT_EQ(Say("hello"), "");
}

TEST_F(PushEvaluation, ADisabledRuleNeverMatches) {
  ASSERT_TRUE(rules_.SetEnabled(Kind::kUnderride, ".m.rule.message", false).ok());
  EXPECT_EQ(Say("hello"), "");
}

TEST_F(PushEvaluation, ConditionsMustAllHold) {
  Add("override", "o",
      R"({"conditions":[{"kind":"event_match","key":"content.body","pattern":"beer"},
      {"kind":"room_member_count","is":"<=10"}],"actions":["notify",{"set_tweak":"highlight"}]})");
  EXPECT_EQ(Say("a beer?"), "highlight");
  room_.member_count = 11;
  EXPECT_EQ(Say("a beer?"), "notify");
}

TEST_F(PushEvaluation, AnUnknownOrMalformedConditionNeverHolds) {
  for (const std::string_view condition :
       {R"({"kind":"phase_of_moon"})", R"({"kind":"event_match","key":"type"})",
        R"({"kind":"event_match","pattern":"*"})", R"({"kind":"room_member_count","is":"=5"})",
        R"({"kind":"room_member_count","is":5})", R"({"kind":"room_member_count","is":""})",
        R"({"kind":"event_property_is","key":"content.list","value":[1]})",
        R"({"kind":"sender_notification_permission"})"}) {
    RuleSet rules;
    const std::string body = R"({"actions":[],"conditions":[)" + std::string(condition) + "]}";
    ASSERT_TRUE(Set(rules, {"global", "override", "o", ""}, body, "", "").ok());
    rules_ = rules;
    EXPECT_EQ(Message(R"({"body":"hello","list":[1]})"), "notify") << condition;
  }
}

struct ConditionCase {
  std::string_view condition;
  std::string_view content;
  bool holds;
};

TEST_F(PushEvaluation, PropertiesAreFoundByTheirPath) {
  const ConditionCase cases[] = {
      {R"({"kind":"event_match","key":"content.topic","pattern":"lunc?*"})",
       R"({"topic":"Lunch plans"})", true},
      {R"({"kind":"event_match","key":"content.topic","pattern":"lunc?*"})",
       R"({"topic":" lunch"})", false},
      {R"({"kind":"event_match","key":"content.topic","pattern":"*"})", R"({"topic":null})", false},
      {R"({"kind":"event_match","key":"content.topic","pattern":"*"})", R"({})", false},
      {R"({"kind":"event_match","key":"content.topic","pattern":"ÉT*"})", R"({"topic":"été"})",
       true},
      {R"({"kind":"event_match","key":"sender","pattern":"@BOB:*"})", R"({})", true},
      {R"({"kind":"event_match","key":"room_id","pattern":"!room:example.org"})", R"({})", true},
      {R"({"kind":"event_match","key":"content","pattern":"*"})", R"({})", false},
      {R"({"kind":"event_property_is","key":"content.m\\.federate","value":true})",
       R"({"m.federate":true})", true},
      {R"({"kind":"event_property_is","key":"content.m\\.federate","value":true})",
       R"({"m.federate":"true"})", false},
      {R"({"kind":"event_property_is","key":"content.m\\.federate","value":true})",
       R"({"m.federate":1})", false},
      {R"({"kind":"event_property_is","key":"content.n","value":null})", R"({"n":null})", true},
      {R"({"kind":"event_property_is","key":"content.n","value":null})", R"({})", false},
      {R"({"kind":"event_property_is","key":"content.n","value":"a*"})", R"({"n":"ab"})", false},
      {R"({"kind":"event_property_is","key":"type","value":"m.room.message"})", R"({})", true},
      {R"({"kind":"event_property_contains","key":"content.l","value":5})", R"({"l":["5",5]})",
       true},
      {R"({"kind":"event_property_contains","key":"content.l","value":"#r:b"})",
       R"({"l":["x#r:b"]})", false},
      {R"({"kind":"event_property_contains","key":"content.l","value":"a"})", R"({"l":"a"})",
       false},
      {R"({"kind":"contains_display_name"})", R"({"body":"hi alice b.!"})", true},
      {R"({"kind":"contains_display_name"})", R"({"body":"malice b."})", false},
      {R"({"kind":"room_member_count","is":"5"})", "{}", true},
      {R"({"kind":"room_member_count","is":"==5"})", "{}", true},
      {R"({"kind":"room_member_count","is":"<5"})", "{}", false},
      {R"({"kind":"room_member_count","is":">4"})", "{}", true},
      {R"({"kind":"room_member_count","is":">=6"})", "{}", false},
      {R"({"kind":"room_member_count","is":"<=5"})", "{}", true},
  };
  for (const ConditionCase& c : cases) {
    rules_ = RuleSet();
    Add("override", "o",
        R"({"actions":["notify",{"set_tweak":"highlight"}],"conditions":[)" +
            std::string(c.condition) + "]}");
    EXPECT_EQ(Message(c.content) == "highlight", c.holds) << c.condition << c.content;
  }
}

TEST_F(PushEvaluation, AHighlightMayBeTurnedOff) {
  Add("override", "o", R"({"actions":["notify",{"set_tweak":"highlight","value":false}]})");
  EXPECT_EQ(Say("hello"), "notify");
}

}  // namespace
}  // namespace parley::push_rules
