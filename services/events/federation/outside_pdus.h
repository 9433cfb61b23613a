#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"

namespace parley::events {

// PDUs of a room that this server is not in. All that counts of them is that an invite of one of our
// users is taken back by who made it, or a knock refused by the server that took it. M_NOT_FOUND
// when nobody here has to do with the room.
absl::StatusOr<v1::ReceivePdusResponse> ReceiveOutside(const Context& context,
                                                       const rpc::Call& call,
                                                       const v1::ReceivePdusRequest& request);

}  // namespace parley::events
