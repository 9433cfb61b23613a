#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"

namespace parley::events {

// An invite of one of our users by a user of `origin`: checked, signed by us and, unless this
// server is in the room and gets it there, kept for the user. M_INVALID_PARAM for what is no such
// invite. Server-server API, "Inviting to a room".
absl::StatusOr<v1::ReceiveInviteResponse> AcceptInvite(const Context& context,
                                                       const rpc::Call& call,
                                                       const v1::ReceiveInviteRequest& request);

}  // namespace parley::events
