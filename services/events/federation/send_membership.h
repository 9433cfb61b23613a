#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"

namespace parley::events {

// send_join, send_leave, send_knock: the event that a user of `origin` made of our template goes
// into the room, and from us to all other servers. Saying it twice does no harm. M_INVALID_PARAM
// for an event that is not what the endpoint is for, M_FORBIDDEN for one that the room does not
// allow.
absl::StatusOr<v1::FederationJson> AcceptMembership(const Context& context, const rpc::Call& call,
                                                    const v1::SendMembershipRequest& request);

}  // namespace parley::events
