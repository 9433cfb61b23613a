#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"

namespace parley::events {

// The RPC of the same name: a new room of another version that carries on the old one's state, bans, names and place in the directory; the
// old one is closed with a tombstone. The new room is committed whole before the old one points to it, so a crash
// in between leaves the old room as it was. Client-server API, "Room Upgrades".
absl::StatusOr<v1::UpgradeRoomResponse> UpgradeOldRoom(const Context& context, const rpc::Call& call,
                                                       const v1::UpgradeRoomRequest& request);

}  // namespace parley::events
