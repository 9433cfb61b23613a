#include "services/events/federation/resident_join.h"

#include "common/event/event_builder.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/restricted_join.h"

namespace parley::events {

absl::StatusOr<bool> NeedsAuthoriser(const Context& context, Room& room, const std::string& user_id,
                                     std::string_view membership) {
  if (membership != "join") return false;
  PARLEY_TRY(const JoinCondition condition, JudgeJoinCondition(context, room, user_id));
  switch (condition) {
    case JoinCondition::kNone:
      return false;
    case JoinCondition::kMet:
      return true;
    case JoinCondition::kUnmet:
      return Forbidden("The user is in none of the rooms whose members may join");
    case JoinCondition::kUnknown:
      return Matrix(400, "M_UNABLE_TO_AUTHORISE_JOIN",
                    "This server is in none of the rooms whose members may join");
  }
  return false;
}

absl::StatusOr<std::string> RequireAuthoriser(const Context& context, RoomWrite& write) {
  PARLEY_TRY(std::string authoriser, FindAuthoriser(context, write));
  if (!authoriser.empty()) return authoriser;
  return Matrix(400, "M_UNABLE_TO_GRANT_JOIN", "Nobody on this server may invite to the room");
}

absl::StatusOr<event::VerifiedPdu> SignAsAuthoriser(const Context& context, Room& room,
                                                    const event::VerifiedPdu& join) {
  const std::string_view authoriser =
      json::StringOr(join->content, "join_authorised_via_users_server", "");
  if (authoriser.empty() || !room.version->AllowsRestrictedJoins()) return join;
  if (UserId::Trusted(std::string(authoriser)).server_name() != context.config.server_name) {
    return join;
  }
  PARLEY_RETURN_IF_ERROR(NeedsAuthoriser(context, room, *join->state_key, "join").status());
  return event::SignPdu(join, context.config.server_name, context.signing_key);
}

}  // namespace parley::events
