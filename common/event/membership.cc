#include "common/event/membership.h"

namespace parley::event {
namespace {

std::string_view ContentString(const Pdu* event, std::string_view key) {
  return event == nullptr ? std::string_view() : json::StringOr(event->content, key, "");
}

}  // namespace

std::optional<Membership> ParseMembership(std::string_view text) {
  if (text == "join") return Membership::kJoin;
  if (text == "leave") return Membership::kLeave;
  if (text == "invite") return Membership::kInvite;
  if (text == "ban") return Membership::kBan;
  if (text == "knock") return Membership::kKnock;
  return std::nullopt;
}

std::string_view MembershipName(Membership membership) {
  switch (membership) {
    case Membership::kLeave:
      return "leave";
    case Membership::kInvite:
      return "invite";
    case Membership::kJoin:
      return "join";
    case Membership::kKnock:
      return "knock";
    case Membership::kBan:
      return "ban";
  }
  return "leave";
}

Membership MembershipOf(const Pdu* member_event) {
  return ParseMembership(ContentString(member_event, "membership")).value_or(Membership::kLeave);
}

std::string_view MembershipText(const Pdu& member_event) {
  return ContentString(&member_event, "membership");
}

JoinRule JoinRuleOf(const Pdu* join_rules_event) {
  const std::string_view rule = ContentString(join_rules_event, "join_rule");
  if (rule.empty() || rule == "invite") return JoinRule::kInvite;
  if (rule == "public") return JoinRule::kPublic;
  if (rule == "knock") return JoinRule::kKnock;
  if (rule == "restricted") return JoinRule::kRestricted;
  if (rule == "knock_restricted") return JoinRule::kKnockRestricted;
  if (rule == "private") return JoinRule::kPrivate;
  return JoinRule::kUnknown;
}

HistoryVisibility HistoryVisibilityOf(const Pdu* history_visibility_event) {
  const std::string_view text = ContentString(history_visibility_event, "history_visibility");
  if (text == "world_readable") return HistoryVisibility::kWorldReadable;
  if (text == "invited") return HistoryVisibility::kInvited;
  if (text == "joined") return HistoryVisibility::kJoined;
  return HistoryVisibility::kShared;
}

std::string_view HistoryVisibilityName(HistoryVisibility visibility) {
  switch (visibility) {
    case HistoryVisibility::kWorldReadable:
      return "world_readable";
    case HistoryVisibility::kShared:
      return "shared";
    case HistoryVisibility::kInvited:
      return "invited";
    case HistoryVisibility::kJoined:
      return "joined";
  }
  return "shared";
}

bool IsFederated(const Pdu& create_event) {
  return json::BoolOr(create_event.content, "m.federate", true);
}

}  // namespace parley::event
