#include "common/event/auth_rules.h"

#include <absl/strings/str_join.h>
#include <gtest/gtest.h>

#include "common/event/event_types.h"
#include "common/event/testing/auth_cases.h"
#include "common/event/testing/test_room.h"

namespace parley::event {
namespace {

using namespace testing;

class AuthRules : public ::testing::TestWithParam<int> {
 protected:
  const RoomVersion& version() const { return GetRoomVersion(std::to_string(GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(Version, AuthRules, ::testing::Range(1, 13),
                         [](const auto& info) { return std::to_string(info.param); });

TEST_P(AuthRules, DecideAsTheirTableSays) {
  const TestRoom fresh = MakeRuleRoom(version());
  for (const Case& test : AllCases()) {
    if (GetParam() < test.from || GetParam() > test.to) continue;
    TestRoom room = fresh;
    test.prepare(room);
    EventFields fields = room.Fields(test.sender, test.type, test.state_key, test.content);
    test.change(room, fields);
    const PduPtr event = room.Build(std::move(fields));
    const AuthVerdict verdict = CheckAuthRules(*event, room, test.facts);
    EXPECT_EQ(verdict.allowed, test.allowed) << test.rule << ": " << event->bytes;
    EXPECT_EQ(verdict.rule.Text(), NumberOf(test.rule, GetParam()))
        << test.rule << ": " << event->bytes;
  }
}

TEST_P(AuthRules, EveryRuleThatDecidesIsSeenToDecide) {
  for (const Rule& rule : AllRules()) {
    if (GetParam() < rule.from || GetParam() > rule.to) continue;
    bool seen = false;
    for (const Case& test : AllCases()) {
      seen |= test.rule == rule.name && test.allowed == rule.allows && GetParam() >= test.from &&
              GetParam() <= test.to;
    }
    EXPECT_TRUE(seen) << rule.name << (rule.allows ? " allows" : " rejects");
  }
}

TEST_P(AuthRules, AcceptAListOfAuthEventsAsSelected) {
  TestRoom room = MakeRuleRoom(version());
  for (const PduPtr& event :
       {room.Make(kBob, "m.room.message", std::nullopt, "{}"),
        room.Make(kDave, kMember, std::string(kDave), kJoin),
        room.Make(kBob, kMember, std::string(kDave), kInvite), room.create()}) {
    EXPECT_TRUE(CheckAuthEvents(*event, room.AuthEventsOf(*event), {room.create().get()}).allowed);
  }
}

TEST_P(AuthRules, JudgeTheListOfAuthEvents) {
  TestRoom room = MakeRuleRoom(version());
  const PduPtr message = room.Make(kBob, "m.room.message", std::nullopt, "{}");
  const std::vector<AuthEvent> good = room.AuthEventsOf(*message);
  const AuthEvent create{room.create().get()};
  const auto judge = [&](std::vector<AuthEvent> list) {
    const AuthVerdict verdict = CheckAuthEvents(*message, list, create);
    EXPECT_FALSE(verdict.allowed);
    return verdict.rule.Text();
  };
  const auto with = [&good](AuthEvent entry) {
    std::vector<AuthEvent> list = good;
    list.push_back(entry);
    return list;
  };
  EXPECT_EQ(judge(with(good.back())), NumberOf("list.1", GetParam()));
  EXPECT_EQ(judge(with({room("m.room.join_rules", "")})), NumberOf("list.2", GetParam()));
  EXPECT_EQ(judge(with({room("m.room.member", kCarol)})), NumberOf("list.2", GetParam()));
  std::vector<AuthEvent> rejected = good;
  rejected.back().rejected = true;
  EXPECT_EQ(judge(rejected), NumberOf("list.3", GetParam()));

  const TestRoom other(version(), "@other:b.test");
  Pdu stranger = *good.back().event;
  stranger.room_id = RoomId::Trusted("!other:b.test");
  std::vector<AuthEvent> foreign = good;
  foreign.back().event = &stranger;
  EXPECT_EQ(judge(foreign), NumberOf(GetParam() == 12 ? "list.4" : "list.5", GetParam()));
}

TEST_P(AuthRules, WantACreateEvent) {
  TestRoom room = MakeRuleRoom(version());
  const PduPtr message = room.Make(kBob, "m.room.message", std::nullopt, "{}");
  std::vector<AuthEvent> list = room.AuthEventsOf(*message);
  const auto judge = [&](AuthEvent create) {
    return CheckAuthEvents(*message, list, create).rule.Text();
  };
  if (GetParam() < 12) {
    std::erase_if(list, [](const AuthEvent& entry) { return entry.event->type == kCreate; });
    EXPECT_EQ(judge({}), "2.4");
    return;
  }
  EXPECT_EQ(judge({}), "2");
  EXPECT_EQ(judge({room.create().get(), /*rejected=*/true}), "2");
  const TestRoom other(version(), "@other:b.test");
  EXPECT_EQ(judge({other.create().get()}), "2");
  list.push_back({room.create().get()});
  EXPECT_EQ(judge({room.create().get()}), "3.2");
}

std::string Names(const std::vector<StateTuple>& types) {
  return absl::StrJoin(types, " ", [](std::string* out, const StateTuple& tuple) {
    absl::StrAppend(out, tuple.type.substr(7), "/", tuple.state_key);
  });
}

TEST_P(AuthRules, SelectAuthEventsByTypeAndMembership) {
  const std::string create = GetParam() < 12 ? "create/ " : "";
  const auto select = [&](std::string_view type, std::string_view sender,
                          std::optional<std::string> key, std::string_view content) {
    return Names(AuthTypesFor(version(), type, sender, key ? &*key : nullptr, Json(content)));
  };
  EXPECT_EQ(select(kCreate, kAlice, "", "{}"), "");
  EXPECT_EQ(select("m.room.message", kBob, std::nullopt, "{}"),
            create + "power_levels/ member/@bob:b.test");
  EXPECT_EQ(select(kMember, kBob, std::string(kBob), kJoin),
            create + "power_levels/ member/@bob:b.test join_rules/");
  EXPECT_EQ(select(kMember, kBob, std::string(kDave), kBan),
            create + "power_levels/ member/@bob:b.test member/@dave:d.test");
  EXPECT_EQ(
      select(kMember, kBob, std::string(kDave), ThirdPartyInvite(kDave, "t", false)),
      create +
          "power_levels/ member/@bob:b.test member/@dave:d.test join_rules/ third_party_invite/t");
  EXPECT_EQ(select(kMember, kDave, std::string(kDave),
                   R"({"membership":"join","join_authorised_via_users_server":"@bob:b.test"})"),
            create + "power_levels/ member/@dave:d.test join_rules/" +
                (GetParam() >= 8 ? " member/@bob:b.test" : ""));
}

TEST(AuthVerdict, SaysWhichRuleForbids) {
  const TestRoom room = MakeRuleRoom(GetRoomVersion("12"));
  const PduPtr event = room.Make(kDave, "m.room.message", std::nullopt, "{}");
  EXPECT_EQ(CheckAuthRules(*event, room).ToStatus(room.version()).message(),
            "The sender is not joined to the room (auth rule 6 of room version 12)");
}

}  // namespace
}  // namespace parley::event