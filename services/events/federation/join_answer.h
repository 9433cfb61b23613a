#pragma once

#include <cstdint>
#include <string>

#include <absl/status/statusor.h>

#include "services/events/context.h"
#include "services/events/room.h"

namespace parley::events {

// The answer to send_join: the state before the committed join at `join_pos`, and the auth chains.
// With `omit_members` without the members, but for those whose names make the room's. Server-server
// API, "PUT /send_join".
absl::StatusOr<std::string> JoinAnswer(const Context& context, const Room& room, int64_t join_pos,
                                       bool omit_members);

}  // namespace parley::events
