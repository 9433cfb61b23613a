#pragma once

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"

// Reads of single events, of state and of members. Client-server API, "Getting events for a room". Each is one snapshot. Errors:
// M_FORBIDDEN for those who may not read the room, M_NOT_FOUND for what is not there or not theirs to see.
namespace parley::events {

absl::StatusOr<v1::GetEventResponse> GetEvent(const ReadDeps& deps, const v1::GetEventRequest& request);
absl::StatusOr<v1::JsonResponse> GetState(const ReadDeps& deps, const v1::GetStateRequest& request);
absl::StatusOr<v1::JsonResponse> GetStateEvent(const ReadDeps& deps,
                                               const v1::GetStateEventRequest& request);
absl::StatusOr<v1::JsonResponse> GetMembers(const ReadDeps& deps, const v1::GetMembersRequest& request);
absl::StatusOr<v1::JsonResponse> GetJoinedMembers(const ReadDeps& deps,
                                                  const v1::GetJoinedMembersRequest& request);
absl::StatusOr<v1::JsonResponse> TimestampToEvent(const ReadDeps& deps,
                                                  const v1::TimestampToEventRequest& request);

}  // namespace parley::events
