#pragma once

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"

namespace parley::events {

// POST /search over the rooms given: messages, names and topics that hold every word of the term. Client-server API, "Server Side Search".
// A scan of the latest events of each room, bounded; rooms that the requester may not read are passed over.
absl::StatusOr<v1::SearchResponse> Search(const ReadDeps& deps, const v1::SearchRequest& request);

}  // namespace parley::events
