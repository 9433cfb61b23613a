#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"
#include "services/events/receipts.h"
#include "services/events/room.h"

// What members tell each other without an event, across servers. Server-server API, "Typing
// Notifications", "Receipts".
namespace parley::events {

// The RPC ReceiveRoomEdu. OK for what is dropped: of others' users, of users who are not in the
// room, of a server that may not speak here, malformed.
absl::Status TakeRoomEdu(const Context& context, TypingTable& typing,
                         const v1::ReceiveRoomEduRequest& request);

// Tell the room's other servers, if there are any; nothing is lost when they can't be told.
void TellTyping(const Context& context, const rpc::Call& call, const Room& room,
                const std::string& user_id, bool typing);
void TellReceipt(const Context& context, const rpc::Call& call, const std::string& room_id,
                 const NewReceipt& receipt);

// The rooms in which a user of another server is joined.
absl::StatusOr<std::vector<std::string>> RoomsOfRemoteUser(const Context& context,
                                                           const std::string& user_id);

}  // namespace parley::events
