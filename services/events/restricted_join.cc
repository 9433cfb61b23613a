#include "services/events/restricted_join.h"

#include "common/event/event_types.h"
#include "common/event/power_levels.h"
#include "common/status/macros.h"

namespace parley::events {
namespace {

// The room that a condition names, if this server is in it: else what we know of its members is old.
RoomPtr RoomOfCondition(const Context& context, const json::Value& condition) {
  const json::Object* rule = condition.AsObject();
  if (!rule || json::StringOr(*rule, "type", "") != "m.room_membership") return nullptr;
  auto room = context.rooms.Get(json::StringOr(*rule, "room_id", ""));
  if (!room.ok() || !(*room)->state.HasServer(context.config.server_name)) return nullptr;
  return *std::move(room);
}

bool IsWelcomeAnyway(const Room& room, const std::string& user_id) {
  const std::optional<Member> member = room.state.FindMember(user_id);
  return member && (member->membership == event::Membership::kInvite || member->membership == event::Membership::kJoin);
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
    const RoomPtr other = RoomOfCondition(context, condition);
    if (!other) continue;
    if (other->state.IsJoined(user_id)) return JoinCondition::kMet;
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
