#pragma once

#include <string>
#include <vector>

#include "common/calls/room_calls.h"

// What clients read of a room's calls. Unstable: README.md, "What clients see".
namespace parley::calls {

inline constexpr char kEventType[] = "dev.parley.calls";

// {"calls": […]}
std::string RoomCallsJson(const std::vector<Call>& calls);
// The same as the content of an ephemeral event of the room.
std::string RoomCallsEvent(const std::vector<Call>& calls);

}  // namespace parley::calls
