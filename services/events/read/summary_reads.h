#pragma once

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"

namespace parley::events {

// What one is shown of a room before joining it: /room_summary, and one node of /hierarchy. Client-server API, "Spaces". M_NOT_FOUND unless
// the requester is in the room or invited, may join or knock, or its history is world-readable.
absl::StatusOr<v1::GetRoomSummaryResponse> GetRoomSummary(const ReadDeps& deps,
                                                          const v1::GetRoomSummaryRequest& request);

}  // namespace parley::events
