#pragma once

#include <optional>
#include <string_view>

#include "common/event/pdu.h"

// What a room says of a user, of joining and of its past, read from the state events that say it.
// Every function takes null for "there is no such event".
namespace parley::event {

enum class Membership { kLeave, kInvite, kJoin, kKnock, kBan };

std::optional<Membership> ParseMembership(std::string_view text);
std::string_view MembershipName(Membership membership);

// kLeave for null and for values that nobody knows.
Membership MembershipOf(const Pdu* member_event);

// `content.membership` as it is written; empty if it is absent or no string.
std::string_view MembershipText(const Pdu& member_event);

enum class JoinRule { kInvite, kPublic, kKnock, kRestricted, kKnockRestricted, kPrivate, kUnknown };

// kInvite when there is no event or it names no rule. Does not ask whether the room's version knows
// the rule.
JoinRule JoinRuleOf(const Pdu* join_rules_event);

enum class HistoryVisibility { kWorldReadable, kShared, kInvited, kJoined };

// kShared for null and for values that nobody knows.
HistoryVisibility HistoryVisibilityOf(const Pdu* history_visibility_event);
std::string_view HistoryVisibilityName(HistoryVisibility visibility);

// False if the create event says `m.federate: false`.
bool IsFederated(const Pdu& create_event);

}  // namespace parley::event
