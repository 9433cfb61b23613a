#pragma once

#include <string_view>

#include <absl/status/status.h>

#include "services/events/context.h"
#include "services/events/room.h"

namespace parley::events {

// M_FORBIDDEN when the room's m.room.server_acl keeps `server` out. Client-server API, "Server
// Access Control Lists (ACLs) for rooms".
absl::Status CheckServerAcl(const Context& context, Room& room, std::string_view server);

// The room, if this server takes part in it and `origin` may. M_NOT_FOUND, M_FORBIDDEN.
absl::StatusOr<RoomPtr> OpenSharedRoom(const Context& context, std::string_view room_id,
                                       std::string_view origin);

}  // namespace parley::events
