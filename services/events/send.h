#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"

namespace parley::events {

// The RPC of the same name: a message, state event or redaction of a local user, once per transaction id, also when two
// connections race. Memberships sent as state go the way of ChangeMembership.
absl::StatusOr<v1::SendResponse> SendEvent(const Context& context, const rpc::Call& call,
                                           const v1::SendRequest& request);

}  // namespace parley::events
