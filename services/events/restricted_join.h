#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "services/events/context.h"
#include "services/events/room_write.h"

// Rooms that let members of other rooms in. Client-server API, "Restricted rooms"; room version 8.
namespace parley::events {

// Whether the join rules of `room` are restricted ones and `user_id` meets one of their conditions. Looks into other rooms:
// not to be called inside a lane.
absl::StatusOr<bool> MeetsJoinCondition(const Context& context, Room& room, const std::string& user_id);

// A joined user of ours who may invite, for join_authorised_via_users_server; empty if there is none.
absl::StatusOr<std::string> FindAuthoriser(const Context& context, RoomWrite& write);

}  // namespace parley::events
