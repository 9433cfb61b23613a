#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"

// Rooms as they show themselves to those outside, between servers. Server-server API, "Spaces".
namespace parley::events {

// GET /hierarchy: the room and its children, as far as `origin` may know of them. M_NOT_FOUND.
absl::StatusOr<v1::FederationJson> ReadHierarchy(const Context& context,
                                                 const v1::GetFederationHierarchyRequest& request);

// The summary of a room that this server is not in, from the first of the given servers that has
// one open to the requester. M_NOT_FOUND.
absl::StatusOr<v1::GetRoomSummaryResponse> SummaryElsewhere(
    const Context& context, const rpc::Call& call, const v1::GetRoomSummaryRequest& request);

}  // namespace parley::events
