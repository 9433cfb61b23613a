#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "common/event/auth_rules.h"
#include "common/event/membership.h"
#include "common/event/pdu.h"
#include "common/event/power_levels.h"
#include "common/event/room_version.h"

// Internal to common/event: the parts of CheckAuthRules.
namespace parley::event {

// Where each rule stands in the list of a room version, counted as the specification renders it. 0:
// no such rule.
struct RulePlaces {
  explicit RulePlaces(const RoomVersion& version);

  uint8_t create, room_id, auth_events, federate, aliases, member, joined, third_party_invite,
      level, state_key, power_levels, redaction, otherwise;
  // Inside of `member`.
  uint8_t authoriser, join, invite, leave, ban, knock, unknown;
  // Inside of `power_levels`.
  uint8_t named_syntax, entries_syntax, users_syntax, creators, first, named, entries_before,
      entries_after, users_before, users_after, levels_otherwise;
};

AuthVerdict Allow(std::initializer_list<uint8_t> rule);
AuthVerdict Reject(std::initializer_list<uint8_t> rule, std::string_view reason);

// One event against one state. Each method is one numbered part of the rules; a part that leaves
// the decision to the rules after it returns nothing.
class AuthCheck {
 public:
  AuthCheck(const Pdu& event, const Pdu& create, StateLookup state, const AuthFacts& facts);

  AuthVerdict Run() const;

 private:
  std::optional<AuthVerdict> Federation() const;
  std::optional<AuthVerdict> Aliases() const;
  AuthVerdict Member() const;
  AuthVerdict Join() const;
  AuthVerdict RestrictedJoin(uint8_t number, bool is_welcome) const;
  AuthVerdict Invite() const;
  AuthVerdict ThirdPartyInvite() const;
  AuthVerdict Leave() const;
  AuthVerdict Ban() const;
  AuthVerdict Knock() const;
  AuthVerdict ThirdPartyInviteEvent() const;
  AuthVerdict PowerLevelsEvent() const;
  std::optional<AuthVerdict> LevelSyntaxRules() const;
  std::optional<AuthVerdict> NamedLevelChanges(const Pdu& before) const;
  std::optional<AuthVerdict> EntryChanges(const Pdu& before) const;
  std::optional<AuthVerdict> UserChanges(const Pdu& before) const;
  AuthVerdict Redaction() const;

  Membership MembershipIn(std::string_view user_id) const;
  bool SenderIsTarget() const { return event_.state_key == sender_; }
  int64_t SenderLevel() const { return levels_.UserLevel(sender_); }
  int64_t TargetLevel() const { return levels_.UserLevel(*event_.state_key); }

  const Pdu& event_;
  const Pdu& create_;
  const RoomVersion& version_;
  const RulePlaces at_;
  const StateLookup state_;
  const AuthFacts& facts_;
  const std::string& sender_;
  const PowerLevels levels_;
};

// Whether one of the keys in `invite` (m.room.third_party_invite) has signed `signed_part`.
bool IsSignedByInvite(const json::Object& signed_part, const Pdu& invite);

}  // namespace parley::event
