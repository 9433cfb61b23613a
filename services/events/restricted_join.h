#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "services/events/context.h"
#include "services/events/room_write.h"

// Rooms that let members of other rooms in. Client-server API, "Restricted rooms"; room version 8.
namespace parley::events {

enum class JoinCondition {
  kNone,     // the join rules are others, or the user is in or invited: no condition is asked for
  kMet,
  kUnmet,
  kUnknown,  // not met as far as we know, but this server is in none of the rooms that count
};

// How `user_id` stands to the conditions of restricted join rules. Looks into other rooms: not to be called inside a lane.
absl::StatusOr<JoinCondition> JudgeJoinCondition(const Context& context, Room& room, const std::string& user_id);

// A joined user of ours who may invite, for join_authorised_via_users_server; empty if there is none.
absl::StatusOr<std::string> FindAuthoriser(const Context& context, RoomWrite& write);

}  // namespace parley::events
