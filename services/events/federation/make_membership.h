#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"

namespace parley::events {

// make_join, make_leave, make_knock: what a user of `origin` is to sign in order to join, leave or
// knock, checked as if it were signed. Server-server API, "Joining Rooms", "Leaving Rooms",
// "Knocking upon a room".
absl::StatusOr<v1::MakeMembershipResponse> MakeMembershipTemplate(
    const Context& context, const v1::MakeMembershipRequest& request);

}  // namespace parley::events
