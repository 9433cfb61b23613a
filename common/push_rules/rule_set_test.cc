#include "common/push_rules/rule_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/push_rules/default_rules.h"
#include "common/push_rules/paths.h"
#include "common/status/matrix_error.h"

namespace parley::push_rules {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kAlice = "@alice:example.org";
constexpr std::string_view kWord = R"({"pattern":"tomato","actions":["notify"]})";

absl::Status Put(RuleSet& rules, std::string_view kind, std::string_view id, std::string_view body,
                 std::string_view before = "", std::string_view after = "") {
  return Set(rules, {"global", kind, id, ""}, body, before, after);
}

std::vector<std::string> Ids(const RuleSet& rules, Kind kind) {
  std::vector<std::string> ids;
  for (const Rule* rule : rules.InOrder(kind)) ids.push_back(rule->id);
  return ids;
}

std::string ErrcodeOf(const absl::Status& status) {
  return status.ok() ? "" : FromStatus(status).errcode;
}

TEST(PushRuleSet, BeginsWithTheDefaultsInOrder) {
  const RuleSet rules;
  EXPECT_THAT(Ids(rules, Kind::kOverride),
              ElementsAre(".m.rule.master", ".m.rule.suppress_notices", ".m.rule.invite_for_me",
                          ".m.rule.member_event", ".m.rule.is_user_mention",
                          ".m.rule.is_room_mention", ".m.rule.tombstone", ".m.rule.reaction",
                          ".m.rule.room.server_acl", ".m.rule.suppress_edits"));
  EXPECT_THAT(Ids(rules, Kind::kUnderride),
              ElementsAre(".m.rule.call", ".m.rule.encrypted_room_one_to_one",
                          ".m.rule.room_one_to_one", ".m.rule.message", ".m.rule.encrypted"));
  EXPECT_EQ(rules.Changes(), "");
}

TEST(PushRuleSet, ShowsTheUsersOwnIdInDefaultRules) {
  const auto rule = Get(RuleSet(), {"global", "override", ".m.rule.is_user_mention", ""}, kAlice);
  ASSERT_TRUE(rule.ok());
  EXPECT_EQ(json::Serialize(*rule),
            R"({"actions":["notify",{"set_tweak":"sound","value":"default"},)"
            R"({"set_tweak":"highlight"}],"conditions":[{"key":"content.m\\.mentions.user_ids",)"
            R"("kind":"event_property_contains","value":"@alice:example.org"}],)"
            R"("default":true,"enabled":true,"rule_id":".m.rule.is_user_mention"})");
}

TEST(PushRuleSet, GivesBackARuleAsItWasPut) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "content", "tomato", kWord).ok());
  const auto rule = Get(rules, {"global", "content", "tomato", ""}, kAlice);
  ASSERT_TRUE(rule.ok());
  EXPECT_EQ(json::Serialize(*rule),
            R"({"actions":["notify"],"default":false,"enabled":true,"pattern":"tomato",)"
            R"("rule_id":"tomato"})");
}

TEST(PushRuleSet, PutsANewRuleFirstOrWhereItIsAskedTo) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "content", "a", kWord).ok());
  ASSERT_TRUE(Put(rules, "content", "b", kWord).ok());
  ASSERT_TRUE(Put(rules, "content", "c", kWord, "", "b").ok());
  ASSERT_TRUE(Put(rules, "content", "d", kWord, "b", "").ok());
  ASSERT_TRUE(Put(rules, "content", "e", kWord, "a", "d").ok());
  EXPECT_THAT(Ids(rules, Kind::kContent), ElementsAre("d", "b", "c", "e", "a"));
}

TEST(PushRuleSet, MovesAPresentRuleOnlyWhenAsked) {
  RuleSet rules;
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(Put(rules, "content", id, kWord).ok());
  ASSERT_TRUE(Put(rules, "content", "a", kWord).ok());
  EXPECT_THAT(Ids(rules, Kind::kContent), ElementsAre("c", "b", "a"));
  ASSERT_TRUE(Put(rules, "content", "a", kWord, "c").ok());
  EXPECT_THAT(Ids(rules, Kind::kContent), ElementsAre("a", "c", "b"));
  ASSERT_TRUE(Put(rules, "content", "a", kWord, "a").ok());
  EXPECT_THAT(Ids(rules, Kind::kContent), ElementsAre("a", "c", "b"));
}

TEST(PushRuleSet, KeepsMasterAboveTheUsersOwnRules) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "override", "mine", R"({"actions":[]})").ok());
  const auto ids = Ids(rules, Kind::kOverride);
  EXPECT_EQ(ids[0], ".m.rule.master");
  EXPECT_EQ(ids[1], "mine");
}

TEST(PushRuleSet, RefusesAnUnknownNeighbour) {
  RuleSet rules;
  EXPECT_EQ(ErrcodeOf(Put(rules, "content", "a", kWord, "none")), "M_UNKNOWN");
  EXPECT_EQ(ErrcodeOf(Put(rules, "override", "a", R"({"actions":[]})", "", ".m.rule.master")),
            "M_UNKNOWN");
}

TEST(PushRuleSet, RefusesMalformedRules) {
  const struct {
    std::string_view kind, id, body, errcode;
  } cases[] = {
      {"content", "x", R"({"actions":[]})", "M_MISSING_PARAM"},
      {"content", "x", R"({"pattern":"x"})", "M_MISSING_PARAM"},
      {"content", "x", R"({"pattern":5,"actions":[]})", "M_BAD_JSON"},
      {"content", "x", R"({"pattern":"x","actions":["shout"]})", "M_BAD_JSON"},
      {"content", "x", R"({"pattern":"x","actions":[5]})", "M_BAD_JSON"},
      {"content", "x", R"({"pattern":"x","actions":[{"value":1}]})", "M_BAD_JSON"},
      {"override", "x", R"({"conditions":"x","actions":[]})", "M_BAD_JSON"},
      {"override", "x", R"({"conditions":[{"key":"x"}],"actions":[]})", "M_BAD_JSON"},
      {"override", "x", R"({"actions":"notify"})", "M_BAD_JSON"},
      {"content", ".reserved", kWord, "M_INVALID_PARAM"},
      {"content", "a/b", kWord, "M_INVALID_PARAM"},
      {"content", "a\\b", kWord, "M_INVALID_PARAM"},
      {"content", "", kWord, "M_INVALID_PARAM"},
      {"unheard_of", "x", kWord, "M_UNRECOGNIZED"},
      {"content", "x", "[]", "M_BAD_JSON"},
      {"content", "x", "{", "M_NOT_JSON"},
  };
  for (const auto& c : cases) {
    RuleSet rules;
    EXPECT_EQ(ErrcodeOf(Put(rules, c.kind, c.id, c.body)), c.errcode) << c.kind << c.id << c.body;
    EXPECT_EQ(rules.Changes(), "");
  }
}

TEST(PushRuleSet, KeepsHistoricalActions) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "room", "!a:b", R"({"actions":["dont_notify","coalesce"]})").ok());
  EXPECT_EQ(rules.Find(Kind::kRoom, "!a:b")->actions.size(), 2);
}

TEST(PushRuleSet, EnablesAndDisables) {
  RuleSet rules;
  const Path path{"global", "override", ".m.rule.master", "enabled"};
  ASSERT_TRUE(Set(rules, path, R"({"enabled":true})", "", "").ok());
  EXPECT_EQ(json::Serialize(*Get(rules, path, kAlice)), R"({"enabled":true})");
  EXPECT_EQ(ErrcodeOf(Set(rules, path, R"({"enabled":"yes"})", "", "")), "M_BAD_JSON");
  EXPECT_EQ(ErrcodeOf(Set(rules, path, "{}", "", "")), "M_MISSING_PARAM");
}

TEST(PushRuleSet, AReplacedRuleStaysDisabled) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "content", "a", kWord).ok());
  ASSERT_TRUE(rules.SetEnabled(Kind::kContent, "a", false).ok());
  ASSERT_TRUE(Put(rules, "content", "a", kWord).ok());
  EXPECT_FALSE(rules.Find(Kind::kContent, "a")->enabled);
}

TEST(PushRuleSet, ChangesTheActionsOfADefaultRule) {
  RuleSet rules;
  const Path path{"global", "underride", ".m.rule.message", "actions"};
  ASSERT_TRUE(Set(rules, path, R"({"actions":[]})", "", "").ok());
  EXPECT_EQ(json::Serialize(*Get(rules, path, kAlice)), R"({"actions":[]})");
}

TEST(PushRuleSet, DeletesOnlyTheUsersOwn) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "content", "a", kWord).ok());
  EXPECT_TRUE(Remove(rules, {"global", "content", "a", ""}).ok());
  EXPECT_EQ(ErrcodeOf(Remove(rules, {"global", "content", "a", ""})), "M_NOT_FOUND");
  EXPECT_EQ(ErrcodeOf(Remove(rules, {"global", "override", ".m.rule.master", ""})), "M_NOT_FOUND");
}

TEST(PushRuleSet, DoesNotFindWhatIsNotThere) {
  RuleSet rules;
  for (const Path& path :
       {Path{"global", "content", "none", ""}, Path{"global", "content", "none", "enabled"},
        Path{"global", "content", ".m.rule.master", ""}}) {
    EXPECT_EQ(ErrcodeOf(Get(rules, path, kAlice).status()), "M_NOT_FOUND");
  }
  EXPECT_EQ(ErrcodeOf(Set(rules, {"global", "content", "none", "enabled"}, R"({"enabled":true})",
                          "", "")),
            "M_NOT_FOUND");
  EXPECT_EQ(ErrcodeOf(Get(rules, {"device", "content", "a", ""}, kAlice).status()),
            "M_UNRECOGNIZED");
}

TEST(PushRuleSet, SurvivesItsStoredForm) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "content", "a", kWord).ok());
  ASSERT_TRUE(Put(rules, "content", "b", kWord).ok());
  ASSERT_TRUE(Put(rules, "override", "c",
                  R"({"actions":[],"conditions":[{"kind":"room_member_count","is":">5"}]})")
                  .ok());
  ASSERT_TRUE(rules.SetEnabled(Kind::kContent, "a", false).ok());
  ASSERT_TRUE(rules.SetEnabled(Kind::kOverride, ".m.rule.suppress_edits", false).ok());
  ASSERT_TRUE(rules.SetActions(Kind::kUnderride, ".m.rule.call", {}).ok());
  const auto again = RuleSet::Load(rules.Changes());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(json::Serialize(again->ToJson(kAlice)), json::Serialize(rules.ToJson(kAlice)));
  EXPECT_EQ(again->Changes(), rules.Changes());
}

TEST(PushRuleSet, RefusesAStoredFormThatIsNone) {
  EXPECT_FALSE(RuleSet::Load("nonsense").ok());
  EXPECT_FALSE(RuleSet::Load(R"({"content":[5]})").ok());
  EXPECT_TRUE(RuleSet::Load(R"({"defaults":{".m.rule.gone":{"enabled":false}}})").ok());
}

TEST(PushRuleSet, IsBounded) {
  RuleSet rules;
  const std::string body = R"({"actions":[],"pattern":")" + std::string(1000, 'x') + "\"}";
  absl::Status status;
  for (int i = 0; i < 100 && status.ok(); ++i) {
    status = Put(rules, "content", std::to_string(i), body);
  }
  EXPECT_EQ(ErrcodeOf(status), "M_TOO_LARGE");
  EXPECT_GT(rules.InOrder(Kind::kContent).size(), 50u);
}

TEST(PushRuleSet, FollowsARoomUpgrade) {
  RuleSet rules;
  ASSERT_TRUE(Put(rules, "room", "!old:b", R"({"actions":[]})").ok());
  rules.FollowUpgrade("!old:b", "!new:b");
  ASSERT_NE(rules.Find(Kind::kRoom, "!new:b"), nullptr);
  rules.FollowUpgrade("!other:b", "!newer:b");
  EXPECT_EQ(rules.Find(Kind::kRoom, "!newer:b"), nullptr);
}

}  // namespace
}  // namespace parley::push_rules
