#include "common/event/auth_check.h"

#include <algorithm>

#include "common/event/event_types.h"

namespace parley::event {

RulePlaces::RulePlaces(const RoomVersion& version) {
  uint8_t next = 1;
  const auto place = [&next](bool exists = true) -> uint8_t { return exists ? next++ : 0; };
  create = place();
  room_id = place(version.room_id_is_create_hash);
  auth_events = place();
  federate = place();
  aliases = place(version.aliases_rule);
  member = place();
  joined = place();
  third_party_invite = place();
  level = place();
  state_key = place();
  power_levels = place();
  redaction = place(version.redaction_rule);
  otherwise = place();

  next = 2;
  authoriser = place(version.AllowsRestrictedJoins());
  join = place();
  invite = place();
  leave = place();
  ban = place();
  knock = place(version.knocking);
  unknown = place();

  next = 1;
  named_syntax = place(version.level_syntax == LevelSyntax::kIntegers);
  entries_syntax = place(version.level_syntax == LevelSyntax::kIntegers);
  users_syntax = place();
  creators = place(version.privileged_creators);
  first = place();
  named = place();
  entries_before = place();
  entries_after = place();
  users_before = place();
  users_after = place();
  levels_otherwise = place();
}

AuthVerdict Allow(std::initializer_list<uint8_t> rule) {
  AuthVerdict verdict;
  verdict.allowed = true;
  std::copy(rule.begin(), rule.end(), verdict.rule.parts.begin());
  return verdict;
}

AuthVerdict Reject(std::initializer_list<uint8_t> rule, std::string_view reason) {
  AuthVerdict verdict = Allow(rule);
  verdict.allowed = false;
  verdict.reason = reason;
  return verdict;
}

AuthCheck::AuthCheck(const Pdu& event, const Pdu& create, StateLookup state, const AuthFacts& facts)
    : event_(event),
      create_(create),
      version_(*event.version),
      at_(version_),
      state_(state),
      facts_(facts),
      sender_(event.sender.str()),
      levels_(&create, state(kPowerLevels, "")) {}

AuthVerdict AuthCheck::Run() const {
  if (const auto verdict = Federation()) return *verdict;
  if (const auto verdict = Aliases()) return *verdict;
  if (event_.type == kMember) return Member();
  if (MembershipIn(sender_) != Membership::kJoin) {
    return Reject({at_.joined}, "The sender is not joined to the room");
  }
  if (event_.type == kThirdPartyInvite) return ThirdPartyInviteEvent();
  if (levels_.EventLevel(event_.type, event_.IsState()) > SenderLevel()) {
    return Reject({at_.level}, "The sender's power level does not allow events of this type");
  }
  if (event_.state_key && event_.state_key->starts_with('@') && !SenderIsTarget()) {
    return Reject({at_.state_key}, "The state key is another user's id");
  }
  if (event_.type == kPowerLevels) return PowerLevelsEvent();
  if (event_.type == kRedaction && version_.redaction_rule) return Redaction();
  return Allow({at_.otherwise});
}

std::optional<AuthVerdict> AuthCheck::Federation() const {
  if (IsFederated(create_)) return std::nullopt;
  if (create_.sender.server_name() == event_.sender.server_name()) return std::nullopt;
  return Reject({at_.federate}, "The room is not for other servers");
}

std::optional<AuthVerdict> AuthCheck::Aliases() const {
  if (event_.type != kAliases || !version_.aliases_rule) return std::nullopt;
  if (!event_.state_key) return Reject({at_.aliases, 1}, "An aliases event needs a state key");
  if (event_.sender.server_name() != *event_.state_key) {
    return Reject({at_.aliases, 2}, "The aliases are another server's");
  }
  return Allow({at_.aliases, 3});
}

AuthVerdict AuthCheck::ThirdPartyInviteEvent() const {
  if (SenderLevel() >= levels_.Invite()) return Allow({at_.third_party_invite, 1});
  return Reject({at_.third_party_invite, 1}, "The sender's power level does not allow invites");
}

AuthVerdict AuthCheck::Redaction() const {
  if (SenderLevel() >= levels_.Redact()) return Allow({at_.redaction, 1});
  if (event_.redacts && event_.redacts->server_name() == event_.event_id.server_name()) {
    return Allow({at_.redaction, 2});
  }
  return Reject({at_.redaction, 3}, "The sender's power level does not allow redactions");
}

Membership AuthCheck::MembershipIn(std::string_view user_id) const {
  return MembershipOf(state_(kMember, user_id));
}

}  // namespace parley::event
