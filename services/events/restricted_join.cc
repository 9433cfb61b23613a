#include "services/events/restricted_join.h"

#include "common/event/event_types.h"
#include "common/event/power_levels.h"
#include "common/status/macros.h"
#include "services/events/federation/remote_membership.h"
#include "services/events/other_room.h"

namespace parley::events {
namespace {

bool IsWelcomeAnyway(const Room& room, const std::string& user_id) {
  const std::optional<Member> member = room.state.FindMember(user_id);
  return member && (member->membership == event::Membership::kInvite || member->membership == event::Membership::kJoin);
}

bool IsOurs(const Context& context, const std::string& user_id) {
  return UserId::Trusted(user_id).server_name() == context.config.server_name;
}

// nullopt: it names no room that this server is in; what we know of the members of others is old.
std::optional<bool> IsMet(const Context& context, const json::Value& condition, const std::string& user_id) {
  const json::Object* rule = condition.AsObject();
  if (!rule || json::StringOr(*rule, "type", "") != "m.room_membership") return std::nullopt;
  const std::string_view room_id = json::StringOr(*rule, "room_id", "");
  const auto membership = MembershipElsewhere(context, room_id, user_id);
  const bool is_joined = membership.ok() && *membership == event::Membership::kJoin;
  if (is_joined && IsOurs(context, user_id)) return true;
  if (!IsResident(context, room_id)) return std::nullopt;
  return is_joined;
}

}  // namespace

absl::StatusOr<JoinCondition> JudgeJoinCondition(const Context& context, Room& room, const std::string& user_id) {
  if (!room.version->AllowsRestrictedJoins()) return JoinCondition::kNone;
  PARLEY_TRY(const event::PduPtr rules, StateEvent(context.store, room, event::kJoinRules, ""));
  const event::JoinRule rule = event::JoinRuleOf(rules.get());
  if (rule != event::JoinRule::kRestricted && rule != event::JoinRule::kKnockRestricted) return JoinCondition::kNone;
  if (IsWelcomeAnyway(room, user_id)) return JoinCondition::kNone;
  JoinCondition result = JoinCondition::kUnknown;
  const json::Array* conditions = json::FindArray(rules->content, "allow");
  if (!conditions) return JoinCondition::kUnmet;
  for (const json::Value& condition : *conditions) {
    const std::optional<bool> is_met = IsMet(context, condition, user_id);
    if (!is_met) continue;
    if (*is_met) return JoinCondition::kMet;
    result = JoinCondition::kUnmet;
  }
  return result;
}

absl::StatusOr<std::string> FindAuthoriser(const Context& context, RoomWrite& write) {
  PARLEY_TRY(const event::PduPtr create, write.State(event::kCreate, ""));
  PARLEY_TRY(const event::PduPtr levels, write.State(event::kPowerLevels, ""));
  const event::PowerLevels power(create.get(), levels.get());
  const auto may_invite = [&](const std::string& user) {
    return UserId::Trusted(user).server_name() == context.config.server_name && write.room().state.IsJoined(user) &&
           power.UserLevel(user) >= power.Invite();
  };
  // Those with a level of their own first: a room has few of them.
  if (may_invite(create->sender.str())) return create->sender.str();
  if (const json::Object* users = levels ? json::FindObject(levels->content, "users") : nullptr) {
    for (const auto& [user, level] : *users) {
      if (may_invite(user)) return user;
    }
  }
  for (const std::string& user : write.room().state.Members(event::Membership::kJoin)) {
    if (may_invite(user)) return user;
  }
  return std::string();
}

}  // namespace parley::events
