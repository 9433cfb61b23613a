// Every numbered rule of every room version, as a table. The numbers are written down here from the specification, apart
// from the code that counts them.

#include "common/event/auth_rules.h"

#include <functional>
#include <map>
#include <set>

#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>
#include <gtest/gtest.h>

#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"
#include "common/event/event_types.h"
#include "common/event/testing/test_room.h"

namespace parley::event {
namespace {

using testing::Json;
using testing::TestKey;
using testing::TestRoom;

constexpr std::string_view kAlice = "@alice:a.test";    // made the room
constexpr std::string_view kBob = "@bob:b.test";        // joined, level 50
constexpr std::string_view kCarol = "@carol:c.test";    // joined, level 0
constexpr std::string_view kDave = "@dave:d.test";      // never there
constexpr std::string_view kEve = "@eve:e.test";        // banned
constexpr std::string_view kFrank = "@frank:f.test";    // invited
constexpr std::string_view kGrace = "@grace:b.test";    // joined, level 50
constexpr std::string_view kJoin = R"({"membership":"join"})";
constexpr std::string_view kInvite = R"({"membership":"invite"})";
constexpr std::string_view kLeave = R"({"membership":"leave"})";
constexpr std::string_view kBan = R"({"membership":"ban"})";
constexpr std::string_view kKnock = R"({"membership":"knock"})";

// Names of rules → numbers, as each version's page has them.
struct Numbering {
  int from;
  int to;
  std::map<std::string, std::string> numbers;
};

const std::vector<Numbering>& Numberings() {
  static const auto* table = new std::vector<Numbering>{
      {1, 12, {{"create", "1"}}},
      {1, 11, {{"list", "2"}, {"federate", "3"}}},
      {12, 12, {{"room", "2"}, {"list", "3"}, {"federate", "4"}}},
      {1, 5, {{"aliases", "4"}, {"member", "5"}, {"joined", "6"}, {"3pid", "7"}, {"level", "8"},
              {"key", "9"}, {"levels", "10"}}},
      {6, 11, {{"member", "4"}, {"joined", "5"}, {"3pid", "6"}, {"level", "7"}, {"key", "8"},
               {"levels", "9"}, {"else", "10"}}},
      {12, 12, {{"member", "5"}, {"joined", "6"}, {"3pid", "7"}, {"level", "8"}, {"key", "9"},
                {"levels", "10"}, {"else", "11"}}},
      {1, 2, {{"redaction", "11"}, {"else", "12"}}},
      {3, 5, {{"else", "11"}}},
      {1, 7, {{"join", "2"}, {"invite", "3"}, {"leave", "4"}, {"ban", "5"}, {"public", "5"}, {"closed", "6"}}},
      {1, 6, {{"unknown", "6"}}},
      {7, 7, {{"knock", "6"}, {"unknown", "7"}}},
      {8, 12, {{"authoriser", "2"}, {"join", "3"}, {"invite", "4"}, {"leave", "5"}, {"ban", "6"},
               {"knock", "7"}, {"unknown", "8"}, {"restricted", "5"}, {"public", "6"}, {"closed", "7"}}},
      {1, 9, {{"users", "1"}, {"first", "2"}, {"named", "3"}, {"before", "4"}, {"after", "5"},
              {"users_before", "6"}, {"users_after", "7"}, {"fine", "8"}}},
      {10, 11, {{"named_syntax", "1"}, {"entries_syntax", "2"}, {"users", "3"}, {"first", "4"},
                {"named", "5"}, {"before", "6"}, {"after", "7"}, {"users_before", "8"},
                {"users_after", "9"}, {"fine", "10"}}},
      {12, 12, {{"named_syntax", "1"}, {"entries_syntax", "2"}, {"users", "3"}, {"creators", "4"},
                {"first", "5"}, {"named", "6"}, {"before", "7"}, {"after", "8"},
                {"users_before", "9"}, {"users_after", "10"}, {"fine", "11"}}},
  };
  return *table;
}

// "member.join.2" → "5.3.2" in version 12.
std::string NumberOf(std::string_view rule, int version) {
  std::vector<std::string> parts = absl::StrSplit(std::string(rule), '.');
  for (std::string& part : parts) {
    for (const Numbering& numbering : Numberings()) {
      const auto it = numbering.numbers.find(part);
      if (version < numbering.from || version > numbering.to || it == numbering.numbers.end()) continue;
      part = it->second;
      break;
    }
  }
  return absl::StrJoin(parts, ".");
}

// The rules that can decide, and in which versions.
struct Rule {
  std::string_view name;
  int from;
  int to;
  bool allows;
};

constexpr Rule kRules[] = {
    {"create.1", 1, 12, false}, {"create.2", 1, 12, false}, {"create.3", 1, 12, false},
    {"create.4", 1, 10, false}, {"create.5", 1, 10, true}, {"create.4", 11, 11, true},
    {"create.4", 12, 12, false}, {"create.5", 12, 12, true},
    {"room", 12, 12, false},
    {"federate", 1, 12, false},
    {"aliases.1", 1, 5, false}, {"aliases.2", 1, 5, false}, {"aliases.3", 1, 5, true},
    {"member.1", 1, 12, false}, {"member.authoriser.1", 8, 12, false},
    {"member.join.1", 1, 12, true}, {"member.join.2", 1, 12, false}, {"member.join.3", 1, 12, false},
    {"member.join.4", 1, 12, true}, {"member.join.restricted.1", 8, 12, true},
    {"member.join.restricted.2", 8, 12, false}, {"member.join.restricted.3", 8, 12, true},
    {"member.join.public", 1, 12, true}, {"member.join.closed", 1, 12, false},
    {"member.invite.1.1", 1, 12, false}, {"member.invite.1.2", 1, 12, false},
    {"member.invite.1.3", 1, 12, false}, {"member.invite.1.4", 1, 12, false},
    {"member.invite.1.5", 1, 12, false}, {"member.invite.1.6", 1, 12, false},
    {"member.invite.1.7", 1, 12, true}, {"member.invite.1.8", 1, 12, false},
    {"member.invite.2", 1, 12, false}, {"member.invite.3", 1, 12, false},
    {"member.invite.4", 1, 12, true}, {"member.invite.5", 1, 12, false},
    {"member.leave.1", 1, 12, true}, {"member.leave.1", 1, 12, false},
    {"member.leave.2", 1, 12, false}, {"member.leave.3", 1, 12, false},
    {"member.leave.4", 1, 12, true}, {"member.leave.5", 1, 12, false},
    {"member.ban.1", 1, 12, false}, {"member.ban.2", 1, 12, true}, {"member.ban.3", 1, 12, false},
    {"member.knock.1", 7, 12, false}, {"member.knock.2", 7, 12, false},
    {"member.knock.3", 7, 12, true}, {"member.knock.4", 7, 12, false},
    {"member.unknown", 1, 12, false},
    {"joined", 1, 12, false},
    {"3pid.1", 1, 12, true}, {"3pid.1", 1, 12, false},
    {"level", 1, 12, false}, {"key", 1, 12, false},
    {"levels.named_syntax", 10, 12, false}, {"levels.entries_syntax", 10, 12, false},
    {"levels.users", 1, 12, false}, {"levels.creators", 12, 12, false}, {"levels.first", 1, 12, true},
    {"levels.named.1", 1, 12, false}, {"levels.named.2", 1, 12, false},
    {"levels.before.1", 1, 12, false}, {"levels.after.1", 1, 12, false},
    {"levels.users_before.1", 1, 12, false}, {"levels.users_after.1", 1, 12, false},
    {"levels.fine", 1, 12, true},
    {"redaction.1", 1, 2, true}, {"redaction.2", 1, 2, true}, {"redaction.3", 1, 2, false},
    {"else", 1, 12, true},
};

std::string LevelsOf(const TestRoom& room, std::string_view more) {
  const std::string_view alice = room.version().privileged_creators ? "" : R"("@alice:a.test":100,)";
  return R"({"invite":50,"events":{"high":60},"notifications":{"room":60},"ban":50,"kick":50,"redact":50,)" +
         std::string(more) + R"("users":{)" + std::string(alice) +
         R"("@bob:b.test":50,"@grace:b.test":50}})";
}

TestRoom MakeRoom(const RoomVersion& version) {
  TestRoom room(version, std::string(kAlice));
  room.Add(kAlice, kJoinRules, "", R"({"join_rule":"public"})");
  room.Add(kAlice, kPowerLevels, "", LevelsOf(room, ""));
  for (const std::string_view user : {kBob, kCarol, kGrace, kEve}) room.Member(user, "join");
  room.Member(kEve, "ban", kAlice);
  room.Member(kFrank, "invite", kAlice);
  return room;
}

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

std::function<void(TestRoom&)> JoinRuleIs(std::string rule) {
  return [rule](TestRoom& room) {
    room.Add(kAlice, kJoinRules, "", json::Serialize(json::Object{{"join_rule", rule}}));
  };
}

// The content of an invite by third party, whose parts the changes take away.
std::string ThirdPartyInvite(std::string_view mxid, std::string_view token, bool with_signature) {
  json::Object signed_part = {{"mxid", mxid}, {"token", token}};
  if (with_signature) crypto::SignJson(signed_part, "id.test", TestKey());
  return json::Serialize(json::Object{
      {"membership", "invite"}, {"third_party_invite", json::Object{{"signed", signed_part}}}});
}

std::function<void(TestRoom&)> InviteIsOffered(std::string_view by) {
  return [by](TestRoom& room) {
    room.Add(by, kThirdPartyInvite, "token",
             json::Serialize(json::Object{{"public_key", crypto::EncodeBase64(TestKey().public_key())}}));
  };
}

std::function<void(TestRoom&)> InviteIsOfferedWithManyKeys() {
  return [](TestRoom& room) {
    const std::string key = crypto::EncodeBase64(TestKey().public_key());
    const std::string other = crypto::EncodeBase64(std::string(32, 'k'));
    room.Add(kBob, kThirdPartyInvite, "token",
             json::Serialize(json::Object{
                 {"public_key", other},
                 {"public_keys", json::Array{json::Object{{"public_key", other}},
                                             json::Object{{"public_key", key}}}}}));
  };
}

std::vector<Case> CreateCases() {
  const auto clean = [](TestRoom&, EventFields& fields) {
    fields.prev_events.clear();
    if (fields.room_id.server_name().empty()) fields.room_id = {};
    fields.content.Set("creator", "@alice:a.test");
  };
  const auto cleanly = [clean](std::function<void(EventFields&)> change) {
    return [clean, change](TestRoom& room, EventFields& fields) {
      clean(room, fields);
      change(fields);
    };
  };
  const auto none = [](TestRoom&) {};
  const std::string create(kCreate);
  return {
      {"create.5", true, 1, 10, kAlice, kCreate, "", "{}", none, clean},
      {"create.4", true, 11, 11, kAlice, kCreate, "", "{}", none, clean},
      {"create.5", true, 12, 12, kAlice, kCreate, "", R"({"additional_creators":["@bob:b.test"]})", none, clean},
      {"create.1", false, 1, 12, kAlice, kCreate, "", "{}"},
      {"create.2", false, 1, 11, kBob, kCreate, "", "{}", none, clean},
      {"create.2", false, 12, 12, kAlice, kCreate, "", "{}", none,
       cleanly([](EventFields& fields) { fields.room_id = RoomId::Trusted("!x:a.test"); })},
      {"create.3", false, 1, 12, kAlice, kCreate, "", R"({"room_version":"99999"})", none, clean},
      {"create.3", false, 1, 12, kAlice, kCreate, "", R"({"room_version":1})", none, clean},
      {"create.4", false, 1, 10, kAlice, kCreate, "", "{}", none,
       cleanly([](EventFields& fields) { fields.content.Erase("creator"); })},
      {"create.4", true, 11, 11, kAlice, kCreate, "", "{}", none,
       cleanly([](EventFields& fields) { fields.content.Erase("creator"); })},
      {"create.4", false, 12, 12, kAlice, kCreate, "", R"({"additional_creators":["nobody"]})", none, clean},
      {"create.4", false, 12, 12, kAlice, kCreate, "", R"({"additional_creators":"@bob:b.test"})", none, clean},
      {"room", false, 12, 12, kAlice, "m.room.message", std::nullopt, "{}",
       [](TestRoom& room) { room.Forget(kCreate); }},
      {"list.4", false, 1, 11, kAlice, "m.room.message", std::nullopt, "{}",
       [](TestRoom& room) { room.Forget(kCreate); }},
  };
}

std::vector<Case> JoinCases() {
  const std::string bob(kBob), dave(kDave), eve(kEve), frank(kFrank), alice(kAlice);
  const auto first = [](TestRoom& room, EventFields& fields) {
    fields.prev_events = {ReferenceTo(*room.create())};
  };
  const std::string by_bob = R"({"membership":"join","join_authorised_via_users_server":"@bob:b.test"})";
  const std::string by_carol = R"({"membership":"join","join_authorised_via_users_server":"@carol:c.test"})";
  const std::string by_dave = R"({"membership":"join","join_authorised_via_users_server":"@dave:d.test"})";
  return {
      {"member.1", false, 1, 12, kDave, kMember, std::nullopt, std::string(kJoin)},
      {"member.1", false, 1, 12, kDave, kMember, dave, "{}"},
      {"member.1", false, 1, 12, kDave, kMember, dave, R"({"membership":1})"},
      {"member.unknown", false, 1, 12, kDave, kMember, dave, R"({"membership":"bogus"})"},
      {"member.unknown", false, 1, 6, kDave, kMember, dave, std::string(kKnock)},
      {"member.authoriser.1", false, 8, 12, kDave, kMember, dave, by_bob, JoinRuleIs("restricted"),
       [](TestRoom&, EventFields&) {}, {.signed_by_authoriser = false}},
      {"member.join.public", true, 1, 7, kDave, kMember, dave, by_bob, [](TestRoom&) {},
       [](TestRoom&, EventFields&) {}, {.signed_by_authoriser = false}},
      {"member.join.1", true, 1, 12, kAlice, kMember, alice, std::string(kJoin), JoinRuleIs("invite"), first},
      {"member.join.closed", false, 1, 12, kDave, kMember, dave, std::string(kJoin), JoinRuleIs("invite"), first},
      {"member.join.2", false, 1, 12, kBob, kMember, dave, std::string(kJoin)},
      {"member.join.3", false, 1, 12, kEve, kMember, eve, std::string(kJoin)},
      {"member.join.4", true, 1, 12, kFrank, kMember, frank, std::string(kJoin), JoinRuleIs("invite")},
      {"member.join.4", true, 1, 12, kBob, kMember, bob, std::string(kJoin), JoinRuleIs("invite")},
      {"member.join.4", true, 7, 12, kFrank, kMember, frank, std::string(kJoin), JoinRuleIs("knock")},
      {"member.join.4", true, 1, 12, kFrank, kMember, frank, std::string(kJoin),
       [](TestRoom& room) { room.Forget(kJoinRules); }},
      {"member.join.closed", false, 1, 6, kFrank, kMember, frank, std::string(kJoin), JoinRuleIs("knock")},
      {"member.join.restricted.1", true, 8, 12, kFrank, kMember, frank, std::string(kJoin), JoinRuleIs("restricted")},
      {"member.join.restricted.1", true, 10, 12, kFrank, kMember, frank, std::string(kJoin), JoinRuleIs("knock_restricted")},
      {"member.join.restricted.2", false, 8, 12, kDave, kMember, dave, std::string(kJoin), JoinRuleIs("restricted")},
      {"member.join.restricted.2", false, 8, 12, kDave, kMember, dave, by_carol, JoinRuleIs("restricted")},
      {"member.join.restricted.2", false, 8, 12, kDave, kMember, dave, by_dave, JoinRuleIs("restricted")},
      {"member.join.restricted.3", true, 8, 12, kDave, kMember, dave, by_bob, JoinRuleIs("restricted")},
      {"member.join.restricted.3", true, 10, 12, kDave, kMember, dave, by_bob, JoinRuleIs("knock_restricted")},
      {"member.join.closed", false, 8, 9, kDave, kMember, dave, by_bob, JoinRuleIs("knock_restricted")},
      {"member.join.closed", false, 1, 7, kFrank, kMember, frank, by_bob, JoinRuleIs("restricted")},
      {"member.join.public", true, 1, 12, kDave, kMember, dave, std::string(kJoin)},
      {"member.join.closed", false, 1, 12, kDave, kMember, dave, std::string(kJoin), JoinRuleIs("invite")},
      {"member.join.closed", false, 1, 12, kDave, kMember, dave, std::string(kJoin), JoinRuleIs("bogus")},
  };
}

std::vector<Case> InviteCases() {
  const std::string bob(kBob), dave(kDave), eve(kEve);
  const std::string good = ThirdPartyInvite(kDave, "token", true);
  return {
      {"member.invite.1.1", false, 1, 12, kBob, kMember, eve, ThirdPartyInvite(kEve, "token", true), InviteIsOffered(kBob)},
      {"member.invite.1.2", false, 1, 12, kBob, kMember, dave, R"({"membership":"invite","third_party_invite":{}})"},
      {"member.invite.1.2", false, 1, 12, kBob, kMember, dave, R"({"membership":"invite","third_party_invite":1})"},
      {"member.invite.1.3", false, 1, 12, kBob, kMember, dave,
       R"({"membership":"invite","third_party_invite":{"signed":{"mxid":"@dave:d.test"}}})"},
      {"member.invite.1.3", false, 1, 12, kBob, kMember, dave,
       R"({"membership":"invite","third_party_invite":{"signed":{"token":"token"}}})"},
      {"member.invite.1.4", false, 1, 12, kBob, kMember, dave, ThirdPartyInvite(kCarol, "token", true), InviteIsOffered(kBob)},
      {"member.invite.1.5", false, 1, 12, kBob, kMember, dave, ThirdPartyInvite(kDave, "other", true), InviteIsOffered(kBob)},
      {"member.invite.1.6", false, 1, 12, kBob, kMember, dave, good, InviteIsOffered(kAlice)},
      {"member.invite.1.7", true, 1, 12, kBob, kMember, dave, good, InviteIsOffered(kBob)},
      {"member.invite.1.7", true, 1, 12, kBob, kMember, dave, good, InviteIsOfferedWithManyKeys()},
      {"member.invite.1.8", false, 1, 12, kBob, kMember, dave, ThirdPartyInvite(kDave, "token", false), InviteIsOffered(kBob)},
      {"member.invite.2", false, 1, 12, kFrank, kMember, dave, std::string(kInvite)},
      {"member.invite.3", false, 1, 12, kAlice, kMember, bob, std::string(kInvite)},
      {"member.invite.3", false, 1, 12, kAlice, kMember, eve, std::string(kInvite)},
      {"member.invite.4", true, 1, 12, kBob, kMember, dave, std::string(kInvite)},
      {"member.invite.5", false, 1, 12, kCarol, kMember, dave, std::string(kInvite)},
      {"3pid.1", true, 1, 12, kBob, kThirdPartyInvite, "t", "{}"},
      {"3pid.1", false, 1, 12, kCarol, kThirdPartyInvite, "t", "{}"},
  };
}

std::vector<Case> LeaveBanKnockCases() {
  const std::string alice(kAlice), bob(kBob), carol(kCarol), dave(kDave), eve(kEve), frank(kFrank), grace(kGrace);
  const auto kick_only = [](TestRoom& room) {
    room.Add(kAlice, kPowerLevels, "", room.version().privileged_creators
                                           ? R"({"ban":60,"kick":40,"users":{"@bob:b.test":50}})"
                                           : R"({"ban":60,"kick":40,"users":{"@alice:a.test":100,"@bob:b.test":50}})");
  };
  const auto knocked = [](TestRoom& room) { room.Member(kDave, "knock"); };
  return {
      {"member.leave.1", true, 1, 12, kBob, kMember, bob, std::string(kLeave)},
      {"member.leave.1", true, 1, 12, kFrank, kMember, frank, std::string(kLeave)},
      {"member.leave.1", false, 1, 12, kDave, kMember, dave, std::string(kLeave)},
      {"member.leave.1", false, 1, 12, kEve, kMember, eve, std::string(kLeave)},
      {"member.leave.1", true, 7, 12, kDave, kMember, dave, std::string(kLeave), knocked},
      {"member.leave.1", false, 1, 6, kDave, kMember, dave, std::string(kLeave), knocked},
      {"member.leave.2", false, 1, 12, kFrank, kMember, bob, std::string(kLeave)},
      {"member.leave.3", false, 1, 12, kBob, kMember, eve, std::string(kLeave), kick_only},
      {"member.leave.4", true, 1, 12, kBob, kMember, carol, std::string(kLeave), kick_only},
      {"member.leave.4", true, 1, 12, kBob, kMember, eve, std::string(kLeave)},
      {"member.leave.5", false, 1, 12, kCarol, kMember, bob, std::string(kLeave)},
      {"member.leave.5", false, 1, 12, kBob, kMember, grace, std::string(kLeave)},
      {"member.ban.1", false, 1, 12, kFrank, kMember, carol, std::string(kBan)},
      {"member.ban.2", true, 1, 12, kBob, kMember, carol, std::string(kBan)},
      {"member.ban.2", true, 1, 12, kBob, kMember, dave, std::string(kBan)},
      {"member.ban.3", false, 1, 12, kCarol, kMember, dave, std::string(kBan)},
      {"member.ban.3", false, 1, 12, kBob, kMember, grace, std::string(kBan)},
      {"member.ban.3", false, 1, 12, kBob, kMember, alice, std::string(kBan)},
      {"member.knock.1", false, 7, 12, kDave, kMember, dave, std::string(kKnock)},
      {"member.knock.1", false, 7, 9, kDave, kMember, dave, std::string(kKnock), JoinRuleIs("knock_restricted")},
      {"member.knock.2", false, 7, 12, kBob, kMember, dave, std::string(kKnock), JoinRuleIs("knock")},
      {"member.knock.3", true, 7, 12, kDave, kMember, dave, std::string(kKnock), JoinRuleIs("knock")},
      {"member.knock.3", true, 10, 12, kDave, kMember, dave, std::string(kKnock), JoinRuleIs("knock_restricted")},
      {"member.knock.4", false, 7, 12, kEve, kMember, eve, std::string(kKnock), JoinRuleIs("knock")},
      {"member.knock.4", false, 7, 12, kFrank, kMember, frank, std::string(kKnock), JoinRuleIs("knock")},
      {"member.knock.4", false, 7, 12, kBob, kMember, bob, std::string(kKnock), JoinRuleIs("knock")},
  };
}

std::vector<Case> LevelCases() {
  const auto levels = [](std::string_view sender, std::string_view rule, bool allowed, int from, int to,
                         std::string content) {
    return Case{rule, allowed, from, to, sender, kPowerLevels, "", std::move(content)};
  };
  // What MakeRoom set, for versions with Alice in `users` and without.
  const std::string same =
      R"("invite":50,"events":{"high":60},"notifications":{"room":60},"ban":50,"kick":50,"redact":50)";
  const std::string users = R"("users":{"@alice:a.test":100,"@bob:b.test":50,"@grace:b.test":50})";
  const std::string users12 = R"("users":{"@bob:b.test":50,"@grace:b.test":50})";
  std::vector<Case> cases = {
      levels(kBob, "levels.named_syntax", false, 10, 12, R"({"ban":"50"})"),
      levels(kBob, "levels.entries_syntax", false, 10, 12, R"({"events":{"a":"1"}})"),
      levels(kBob, "levels.entries_syntax", false, 10, 12, R"({"notifications":[]})"),
      levels(kBob, "levels.users", false, 1, 12, R"({"users":[]})"),
      levels(kBob, "levels.users", false, 1, 12, R"({"users":{"bob":1}})"),
      levels(kBob, "levels.users", false, 1, 12, R"({"users":{"@bob:b.test":"x"}})"),
      levels(kBob, "levels.users", false, 10, 12, R"({"users":{"@bob:b.test":"1"}})"),
      levels(kAlice, "levels.creators", false, 12, 12, R"({"users":{"@alice:a.test":1}})"),
  };
  const auto add_both = [&](std::string_view sender, std::string_view rule, bool allowed, std::string more,
                            std::string more_users = "", int from = 1) {
    const auto with = [&more_users](std::string text) {
      return text.insert(text.size() - 1, more_users);
    };
    cases.push_back(levels(sender, rule, allowed, from, 11, "{" + more + "," + with(users) + "}"));
    cases.push_back(levels(sender, rule, allowed, 12, 12, "{" + more + "," + with(users12) + "}"));
  };
  add_both(kBob, "levels.fine", true, same);
  add_both(kBob, "levels.fine", true, same + R"(,"state_default":40)");
  add_both(kBob, "levels.fine", true, same, R"(,"@carol:c.test":50)");
  add_both(kAlice, "levels.named.2", false, same + R"(,"state_default":200)");
  cases.back().rule = "levels.fine";  // no level is above a creator's in version 12
  cases.back().allowed = true;
  add_both(kBob, "levels.named.2", false, same + R"(,"state_default":51)");
  add_both(kBob, "levels.before.1", false,
           R"("invite":50,"events":{},"notifications":{"room":60},"ban":50,"kick":50,"redact":50)");
  add_both(kBob, "levels.before.1", false,
           R"("invite":50,"events":{"high":60},"notifications":{"room":1},"ban":50,"kick":50,"redact":50)",
           "", 6);
  add_both(kBob, "levels.after.1", false,
           R"("invite":50,"events":{"high":60,"new":51},"notifications":{"room":60},"ban":50,"kick":50,"redact":50)");
  add_both(kBob, "levels.after.1", false,
           R"("invite":50,"events":{"high":60},"notifications":{"room":60,"x":51},"ban":50,"kick":50,"redact":50)",
           "", 6);
  add_both(kBob, "levels.users_after.1", false, same, R"(,"@carol:c.test":51)");
  cases.push_back(levels(kBob, "levels.fine", true, 1, 5,
                         R"({"invite":50,"events":{"high":60},"notifications":{"room":1},"ban":50,"kick":50,"redact":50,)" +
                             users + "}"));
  cases.push_back(levels(kBob, "levels.users_before.1", false, 1, 11,
                         "{" + same + R"(,"users":{"@alice:a.test":100,"@bob:b.test":50,"@grace:b.test":40}})"));
  cases.push_back(levels(kBob, "levels.users_before.1", false, 12, 12,
                         "{" + same + R"(,"users":{"@bob:b.test":50,"@grace:b.test":40}})"));
  cases.push_back(levels(kBob, "levels.fine", true, 1, 11,
                         "{" + same + R"(,"users":{"@alice:a.test":100,"@bob:b.test":10,"@grace:b.test":50}})"));
  cases.push_back({"levels.first", true, 1, 12, kAlice, kPowerLevels, "", "{}",
                   [](TestRoom& room) { room.Forget(kPowerLevels); }});
  cases.push_back({"levels.named.1", false, 1, 12, kBob, kPowerLevels, "", "{" + same + "," + users12 + "}",
                   [](TestRoom& room) {
                     room.Add(kAlice, kPowerLevels, "", LevelsOf(room, R"("users_default":0,"events_default":51,"state_default":50,)"));
                     // Bob may still send it.
                     room.Add(kAlice, kPowerLevels, "", LevelsOf(room, R"("events_default":51,)"));
                   }});
  cases.push_back(levels(kBob, "levels.fine", true, 1, 9,
                         R"({"invite":" +50 ","events":{"high":"060"},"notifications":{"room":60},"ban":50,"kick":50,"redact":50,)" +
                             users + "}"));
  cases.push_back(levels(kBob, "levels.fine", true, 1, 5,
                         R"({"invite":50.9,"events":{"high":60},"notifications":{"room":60},"ban":50,"kick":50,"redact":50,)" +
                             users + "}"));
  return cases;
}

std::vector<Case> OtherCases() {
  const auto closed = [](TestRoom& room) {
    // A room that stays at home; its first events are as in every other.
    TestRoom home(room.version(), std::string(kAlice), R"({"m.federate":false})");
    home.Add(kAlice, kJoinRules, "", R"({"join_rule":"public"})");
    room.Add(home.create());
  };
  const auto redacts = [](std::string_view server) {
    return [server](TestRoom&, EventFields& fields) {
      fields.redacts = EventId::Trusted("$x:" + std::string(server));
    };
  };
  return {
      {"federate", false, 1, 12, kBob, "m.room.message", std::nullopt, "{}", closed},
      {"else", true, 1, 12, kAlice, "m.room.message", std::nullopt, "{}", closed},
      {"aliases.1", false, 1, 5, kBob, kAliases, std::nullopt, "{}"},
      {"aliases.2", false, 1, 5, kBob, kAliases, "a.test", "{}"},
      {"aliases.3", true, 1, 5, kDave, kAliases, "d.test", "{}"},
      {"joined", false, 6, 12, kDave, kAliases, "d.test", "{}"},
      {"joined", false, 1, 12, kDave, "m.room.message", std::nullopt, "{}"},
      {"joined", false, 1, 12, kFrank, "m.room.message", std::nullopt, "{}"},
      {"joined", false, 1, 12, kEve, "m.room.message", std::nullopt, "{}"},
      {"level", false, 1, 12, kCarol, "m.room.topic", "", "{}"},
      {"level", false, 1, 12, kBob, "high", std::nullopt, "{}"},
      {"else", true, 1, 12, kAlice, "high", std::nullopt, "{}"},
      {"key", false, 1, 12, kBob, "m.thing", std::string(kCarol), "{}"},
      {"else", true, 1, 12, kBob, "m.thing", std::string(kBob), "{}"},
      {"else", true, 1, 12, kCarol, "m.room.message", std::nullopt, "{}"},
      {"redaction.1", true, 1, 2, kBob, kRedaction, std::nullopt, "{}", [](TestRoom&) {}, redacts("a.test")},
      {"redaction.2", true, 1, 2, kCarol, kRedaction, std::nullopt, "{}", [](TestRoom&) {}, redacts("c.test")},
      {"redaction.3", false, 1, 2, kCarol, kRedaction, std::nullopt, "{}", [](TestRoom&) {}, redacts("a.test")},
      {"else", true, 3, 12, kCarol, kRedaction, std::nullopt, "{}", [](TestRoom&) {}, redacts("a.test")},
  };
}

std::vector<Case> AllCases() {
  std::vector<Case> all;
  for (auto part : {CreateCases(), JoinCases(), InviteCases(), LeaveBanKnockCases(), LevelCases(), OtherCases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class AuthRules : public ::testing::TestWithParam<int> {
 protected:
  const RoomVersion& version() const { return GetRoomVersion(std::to_string(GetParam())); }
};

INSTANTIATE_TEST_SUITE_P(Version, AuthRules, ::testing::Range(1, 13),
                         [](const auto& info) { return std::to_string(info.param); });

TEST_P(AuthRules, DecideAsTheirTableSays) {
  const TestRoom fresh = MakeRoom(version());
  for (const Case& test : AllCases()) {
    if (GetParam() < test.from || GetParam() > test.to) continue;
    TestRoom room = fresh;
    test.prepare(room);
    EventFields fields = room.Fields(test.sender, test.type, test.state_key, test.content);
    test.change(room, fields);
    const PduPtr event = room.Build(std::move(fields));
    const AuthVerdict verdict = CheckAuthRules(*event, room, test.facts);
    EXPECT_EQ(verdict.allowed, test.allowed) << test.rule << ": " << event->bytes;
    EXPECT_EQ(verdict.rule.Text(), NumberOf(test.rule, GetParam())) << test.rule << ": " << event->bytes;
  }
}

TEST_P(AuthRules, EveryRuleThatDecidesIsSeenToDecide) {
  for (const Rule& rule : kRules) {
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
  TestRoom room = MakeRoom(version());
  for (const PduPtr& event : {room.Make(kBob, "m.room.message", std::nullopt, "{}"),
                              room.Make(kDave, kMember, std::string(kDave), kJoin),
                              room.Make(kBob, kMember, std::string(kDave), kInvite), room.create()}) {
    EXPECT_TRUE(CheckAuthEvents(*event, room.AuthEventsOf(*event), {room.create().get()}).allowed);
  }
}

TEST_P(AuthRules, JudgeTheListOfAuthEvents) {
  TestRoom room = MakeRoom(version());
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
  TestRoom room = MakeRoom(version());
  const PduPtr message = room.Make(kBob, "m.room.message", std::nullopt, "{}");
  std::vector<AuthEvent> list = room.AuthEventsOf(*message);
  const auto judge = [&](AuthEvent create) { return CheckAuthEvents(*message, list, create).rule.Text(); };
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
  const auto select = [&](std::string_view type, std::string_view sender, std::optional<std::string> key,
                          std::string_view content) {
    return Names(AuthTypesFor(version(), type, sender, key ? &*key : nullptr, Json(content)));
  };
  EXPECT_EQ(select(kCreate, kAlice, "", "{}"), "");
  EXPECT_EQ(select("m.room.message", kBob, std::nullopt, "{}"), create + "power_levels/ member/@bob:b.test");
  EXPECT_EQ(select(kMember, kBob, std::string(kBob), kJoin),
            create + "power_levels/ member/@bob:b.test join_rules/");
  EXPECT_EQ(select(kMember, kBob, std::string(kDave), kBan),
            create + "power_levels/ member/@bob:b.test member/@dave:d.test");
  EXPECT_EQ(select(kMember, kBob, std::string(kDave), ThirdPartyInvite(kDave, "t", false)),
            create + "power_levels/ member/@bob:b.test member/@dave:d.test join_rules/ third_party_invite/t");
  EXPECT_EQ(select(kMember, kDave, std::string(kDave),
                   R"({"membership":"join","join_authorised_via_users_server":"@bob:b.test"})"),
            create + "power_levels/ member/@dave:d.test join_rules/" +
                (GetParam() >= 8 ? " member/@bob:b.test" : ""));
}

TEST(AuthVerdict, SaysWhichRuleForbids) {
  const TestRoom room = MakeRoom(GetRoomVersion("12"));
  const PduPtr event = room.Make(kDave, "m.room.message", std::nullopt, "{}");
  EXPECT_EQ(CheckAuthRules(*event, room).ToStatus(room.version()).message(),
            "The sender is not joined to the room (auth rule 6 of room version 12)");
}

}  // namespace
}  // namespace parley::event
