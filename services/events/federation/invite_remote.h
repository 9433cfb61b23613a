#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "services/events/context.h"
#include "services/events/room_write.h"

namespace parley::events {

// Invites a user of another server into one of our rooms: their server signs the invite before it
// goes into the room. Not to be called inside the lane. What that server answered, when it refuses.
absl::StatusOr<Sent> InviteRemoteUser(const Context& context, const rpc::Call& call,
                                      const std::string& room_id, const Draft& invite);

// The same for several at once; those whose server refuses, or can't be had, stay uninvited.
void InviteRemoteUsers(const Context& context, const rpc::Call& call, const std::string& room_id,
                       const std::vector<Draft>& invites);

}  // namespace parley::events
