#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"

namespace parley::events {

// What one is shown of a room before joining it: /room_summary, and one node of /hierarchy. Client-server API, "Spaces". M_NOT_FOUND unless
// the requester is in the room or invited, may join or knock, or its history is world-readable.
absl::StatusOr<v1::GetRoomSummaryResponse> GetRoomSummary(const ReadDeps& deps,
                                                          const v1::GetRoomSummaryRequest& request);

// The same, children included, for another server: one that has users in the room or invited to it, or whose users may come
// to it. M_NOT_FOUND.
absl::StatusOr<v1::GetRoomSummaryResponse> GetRoomSummaryForServer(const ReadDeps& deps, const std::string& room_id,
                                                                   std::string_view server);

}  // namespace parley::events
