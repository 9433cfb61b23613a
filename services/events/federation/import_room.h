#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "services/events/context.h"
#include "services/events/federation/judge_join.h"
#include "services/events/txn_log.h"

namespace parley::events {

// Stores a room that one of our users has joined through another server, in one commit: what is new
// of its state and auth chains as outliers, the state in force, and the join as the latest event,
// before which there is a gap. What the store knew of the room from an earlier stay is kept as its
// past. Then `accounts` is told.
//
// One at a time for a room (RoomJoins).
absl::StatusOr<Sent> ImportRoom(const Context& context, const rpc::Call& call,
                                const GivenRoom& given);

}  // namespace parley::events
