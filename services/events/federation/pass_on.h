#pragma once

#include <absl/status/statusor.h>

#include "common/event/received_pdu.h"
#include "common/rpc/call.h"
#include "services/events/context.h"
#include "services/events/txn_log.h"

namespace parley::events {

// An event that one server gave to us alone (a join by our template, an invite that its user's
// server has signed) enters its room, and goes from us to all other servers. One that is here
// already is left as it is. M_FORBIDDEN when the room does not allow it.
absl::StatusOr<Sent> PassOn(const Context& context, const rpc::Call& call,
                            const event::VerifiedPdu& event);

}  // namespace parley::events
