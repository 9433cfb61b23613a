#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "common/event/received_pdu.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "services/events/context.h"

// Joining, leaving and knocking through a server that is in the room: it makes a template, our
// user's event is built and signed from it, and goes back. Server-server API, "Joining Rooms",
// "Leaving Rooms", "Knocking upon a room".
namespace parley::events {

struct Wish {
  std::string room_id;
  UserId user;
  std::string membership;  // join, leave, knock
  json::Object content;    // of the event, with `membership`
};

// The event that `server`'s template leads to. Nothing in it but its place in the room's graph (and
// the authoriser of a restricted join) comes from the server. `version`: of the room, if it is
// known. M_INCOMPATIBLE_ROOM_VERSION.
absl::StatusOr<event::VerifiedPdu> MakeThere(const Context& context, const rpc::Call& call,
                                             const std::string& server, const Wish& wish,
                                             const event::RoomVersion* version);

// Hands the event to `server`; what it answered. send_join may take `timeout`.
absl::StatusOr<json::Object> SendThere(const Context& context, const rpc::Call& call,
                                       const std::string& server, const Wish& wish,
                                       const event::VerifiedPdu& event);

}  // namespace parley::events
