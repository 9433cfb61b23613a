#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"
#include "common/event/event_types.h"
#include "common/event/testing/auth_cases.h"

// Rules about m.room.member.
namespace parley::event::testing {
namespace {

std::function<void(TestRoom&)> InviteIsOffered(std::string_view by) {
  return [by](TestRoom& room) {
    room.Add(by, kThirdPartyInvite, "token",
             json::Serialize(
                 json::Object{{"public_key", crypto::EncodeBase64(TestKey().public_key())}}));
  };
}

std::function<void(TestRoom&)> InviteIsOfferedWithManyKeys() {
  return [](TestRoom& room) {
    const std::string key = crypto::EncodeBase64(TestKey().public_key());
    const std::string other = crypto::EncodeBase64(std::string(32, 'k'));
    room.Add(kBob, kThirdPartyInvite, "token",
             json::Serialize(
                 json::Object{{"public_key", other},
                              {"public_keys", json::Array{json::Object{{"public_key", other}},
                                                          json::Object{{"public_key", key}}}}}));
  };
}

}  // namespace

std::function<void(TestRoom&)> JoinRuleIs(std::string rule) {
  return [rule](TestRoom& room) {
    room.Add(kAlice, kJoinRules, "", json::Serialize(json::Object{{"join_rule", rule}}));
  };
}

std::string ThirdPartyInvite(std::string_view mxid, std::string_view token, bool with_signature) {
  json::Object signed_part = {{"mxid", mxid}, {"token", token}};
  if (with_signature) crypto::SignJson(signed_part, "id.test", TestKey());
  return json::Serialize(json::Object{
      {"membership", "invite"}, {"third_party_invite", json::Object{{"signed", signed_part}}}});
}

std::vector<Case> JoinCases() {
  const std::string bob(kBob), dave(kDave), eve(kEve), frank(kFrank), alice(kAlice);
  const auto first = [](TestRoom& room, EventFields& fields) {
    fields.prev_events = {ReferenceTo(*room.create())};
  };
  const std::string by_bob =
      R"({"membership":"join","join_authorised_via_users_server":"@bob:b.test"})";
  const std::string by_carol =
      R"({"membership":"join","join_authorised_via_users_server":"@carol:c.test"})";
  const std::string by_dave =
      R"({"membership":"join","join_authorised_via_users_server":"@dave:d.test"})";
  return {
      {"member.1", false, 1, 12, kDave, kMember, std::nullopt, std::string(kJoin)},
      {"member.1", false, 1, 12, kDave, kMember, dave, "{}"},
      {"member.1", false, 1, 12, kDave, kMember, dave, R"({"membership":1})"},
      {"member.unknown", false, 1, 12, kDave, kMember, dave, R"({"membership":"bogus"})"},
      {"member.unknown", false, 1, 6, kDave, kMember, dave, std::string(kKnock)},
      {"member.authoriser.1",
       false,
       8,
       12,
       kDave,
       kMember,
       dave,
       by_bob,
       JoinRuleIs("restricted"),
       [](TestRoom&, EventFields&) {},
       {.signed_by_authoriser = false}},
      {"member.join.public",
       true,
       1,
       7,
       kDave,
       kMember,
       dave,
       by_bob,
       [](TestRoom&) {},
       [](TestRoom&, EventFields&) {},
       {.signed_by_authoriser = false}},
      {"member.join.1", true, 1, 12, kAlice, kMember, alice, std::string(kJoin),
       JoinRuleIs("invite"), first},
      {"member.join.closed", false, 1, 12, kDave, kMember, dave, std::string(kJoin),
       JoinRuleIs("invite"), first},
      {"member.join.2", false, 1, 12, kBob, kMember, dave, std::string(kJoin)},
      {"member.join.3", false, 1, 12, kEve, kMember, eve, std::string(kJoin)},
      {"member.join.4", true, 1, 12, kFrank, kMember, frank, std::string(kJoin),
       JoinRuleIs("invite")},
      {"member.join.4", true, 1, 12, kBob, kMember, bob, std::string(kJoin), JoinRuleIs("invite")},
      {"member.join.4", true, 7, 12, kFrank, kMember, frank, std::string(kJoin),
       JoinRuleIs("knock")},
      {"member.join.4", true, 1, 12, kFrank, kMember, frank, std::string(kJoin),
       [](TestRoom& room) { room.Forget(kJoinRules); }},
      {"member.join.closed", false, 1, 6, kFrank, kMember, frank, std::string(kJoin),
       JoinRuleIs("knock")},
      {"member.join.restricted.1", true, 8, 12, kFrank, kMember, frank, std::string(kJoin),
       JoinRuleIs("restricted")},
      {"member.join.restricted.1", true, 10, 12, kFrank, kMember, frank, std::string(kJoin),
       JoinRuleIs("knock_restricted")},
      {"member.join.restricted.2", false, 8, 12, kDave, kMember, dave, std::string(kJoin),
       JoinRuleIs("restricted")},
      {"member.join.restricted.2", false, 8, 12, kDave, kMember, dave, by_carol,
       JoinRuleIs("restricted")},
      {"member.join.restricted.2", false, 8, 12, kDave, kMember, dave, by_dave,
       JoinRuleIs("restricted")},
      {"member.join.restricted.3", true, 8, 12, kDave, kMember, dave, by_bob,
       JoinRuleIs("restricted")},
      {"member.join.restricted.3", true, 10, 12, kDave, kMember, dave, by_bob,
       JoinRuleIs("knock_restricted")},
      {"member.join.closed", false, 8, 9, kDave, kMember, dave, by_bob,
       JoinRuleIs("knock_restricted")},
      {"member.join.closed", false, 1, 7, kFrank, kMember, frank, by_bob, JoinRuleIs("restricted")},
      {"member.join.public", true, 1, 12, kDave, kMember, dave, std::string(kJoin)},
      {"member.join.closed", false, 1, 12, kDave, kMember, dave, std::string(kJoin),
       JoinRuleIs("invite")},
      {"member.join.closed", false, 1, 12, kDave, kMember, dave, std::string(kJoin),
       JoinRuleIs("bogus")},
  };
}

std::vector<Case> InviteCases() {
  const std::string bob(kBob), dave(kDave), eve(kEve);
  const std::string good = ThirdPartyInvite(kDave, "token", true);
  return {
      {"member.invite.1.1", false, 1, 12, kBob, kMember, eve, ThirdPartyInvite(kEve, "token", true),
       InviteIsOffered(kBob)},
      {"member.invite.1.2", false, 1, 12, kBob, kMember, dave,
       R"({"membership":"invite","third_party_invite":{}})"},
      {"member.invite.1.2", false, 1, 12, kBob, kMember, dave,
       R"({"membership":"invite","third_party_invite":1})"},
      {"member.invite.1.3", false, 1, 12, kBob, kMember, dave,
       R"({"membership":"invite","third_party_invite":{"signed":{"mxid":"@dave:d.test"}}})"},
      {"member.invite.1.3", false, 1, 12, kBob, kMember, dave,
       R"({"membership":"invite","third_party_invite":{"signed":{"token":"token"}}})"},
      {"member.invite.1.4", false, 1, 12, kBob, kMember, dave,
       ThirdPartyInvite(kCarol, "token", true), InviteIsOffered(kBob)},
      {"member.invite.1.5", false, 1, 12, kBob, kMember, dave,
       ThirdPartyInvite(kDave, "other", true), InviteIsOffered(kBob)},
      {"member.invite.1.6", false, 1, 12, kBob, kMember, dave, good, InviteIsOffered(kAlice)},
      {"member.invite.1.7", true, 1, 12, kBob, kMember, dave, good, InviteIsOffered(kBob)},
      {"member.invite.1.7", true, 1, 12, kBob, kMember, dave, good, InviteIsOfferedWithManyKeys()},
      {"member.invite.1.8", false, 1, 12, kBob, kMember, dave,
       ThirdPartyInvite(kDave, "token", false), InviteIsOffered(kBob)},
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
  const std::string alice(kAlice), bob(kBob), carol(kCarol), dave(kDave), eve(kEve), frank(kFrank),
      grace(kGrace);
  const auto kick_only = [](TestRoom& room) {
    room.Add(kAlice, kPowerLevels, "",
             room.version().privileged_creators
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
      {"member.knock.1", false, 7, 9, kDave, kMember, dave, std::string(kKnock),
       JoinRuleIs("knock_restricted")},
      {"member.knock.2", false, 7, 12, kBob, kMember, dave, std::string(kKnock),
       JoinRuleIs("knock")},
      {"member.knock.3", true, 7, 12, kDave, kMember, dave, std::string(kKnock),
       JoinRuleIs("knock")},
      {"member.knock.3", true, 10, 12, kDave, kMember, dave, std::string(kKnock),
       JoinRuleIs("knock_restricted")},
      {"member.knock.4", false, 7, 12, kEve, kMember, eve, std::string(kKnock),
       JoinRuleIs("knock")},
      {"member.knock.4", false, 7, 12, kFrank, kMember, frank, std::string(kKnock),
       JoinRuleIs("knock")},
      {"member.knock.4", false, 7, 12, kBob, kMember, bob, std::string(kKnock),
       JoinRuleIs("knock")},
  };
}

}  // namespace parley::event::testing
