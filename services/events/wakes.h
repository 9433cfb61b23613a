#pragma once

#include <string_view>

// Wakes for those who introduce our users to other servers (services/federation); positions are
// those of the stream "events".
namespace parley::events {

// By room: other servers came or went.
inline constexpr std::string_view kRoomServers = "room_servers";
// By user: one of ours came into a room with other servers.
inline constexpr std::string_view kSharedJoins = "shared_joins";

}  // namespace parley::events
