#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event/auth_rules.h"
#include "common/event/testing/test_room.h"

// The authorisation rules of all room versions as a table of events to be judged.
namespace parley::event::testing {

inline constexpr std::string_view kAlice = "@alice:a.test";  // made the room
inline constexpr std::string_view kBob = "@bob:b.test";      // joined, level 50
inline constexpr std::string_view kCarol = "@carol:c.test";  // joined, level 0
inline constexpr std::string_view kDave = "@dave:d.test";    // never there
inline constexpr std::string_view kEve = "@eve:e.test";      // banned
inline constexpr std::string_view kFrank = "@frank:f.test";  // invited
inline constexpr std::string_view kGrace = "@grace:b.test";  // joined, level 50
inline constexpr std::string_view kJoin = R"({"membership":"join"})";
inline constexpr std::string_view kInvite = R"({"membership":"invite"})";
inline constexpr std::string_view kLeave = R"({"membership":"leave"})";
inline constexpr std::string_view kBan = R"({"membership":"ban"})";
inline constexpr std::string_view kKnock = R"({"membership":"knock"})";

// The rules that can decide, and in which versions.
struct Rule {
  std::string_view name;
  int from;
  int to;
  bool allows;
};

// All rules that can decide, as the specification's pages have them.
const std::vector<Rule>& AllRules();

// The number of a rule by its name: "member.join.2" is 5.3.2 in version 12.
std::string NumberOf(std::string_view rule, int version);

// Alice's room, with Bob, Carol, Grace, Eve and Frank as said above.
TestRoom MakeRuleRoom(const RoomVersion& version);
// Its power levels, with `more` members before `users`.
std::string LevelsOf(const TestRoom& room, std::string_view more);

// An event to be judged: what is done to the room first, and then said.
struct Case {
  std::string_view rule;
  bool allowed;
  int from;
  int to;
  std::string_view sender;
  std::string_view type;
  std::optional<std::string> state_key;
  std::string content;
  std::function<void(TestRoom&)> prepare = [](TestRoom&) {};
  std::function<void(TestRoom&, EventFields&)> change = [](TestRoom&, EventFields&) {};
  AuthFacts facts = {};
};

std::vector<Case> CreateCases();
std::vector<Case> JoinCases();
std::vector<Case> InviteCases();
std::vector<Case> LeaveBanKnockCases();
std::vector<Case> LevelCases();
std::vector<Case> OtherCases();
std::vector<Case> AllCases();

// For Case::prepare.
std::function<void(TestRoom&)> JoinRuleIs(std::string rule);

// The content of an invite by third party.
std::string ThirdPartyInvite(std::string_view mxid, std::string_view token, bool with_signature);

}  // namespace parley::event::testing
