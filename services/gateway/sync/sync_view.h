#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "services/gateway/sync/difference.h"

namespace parley::gateway {

// How one event's bytes are shown: the identity, or the projection of a filter's event_fields.
using EventShape = std::function<std::string(std::string_view event_json)>;

// The body of GET /_matrix/client/v3/sync (client-server API, "Syncing"): a pure function that splices stored bytes.
// `shape` may be empty: events go out as they are. `state_after` names the state at the end of the timeline, where the
// difference holds that (SyncQuery::state_after).
std::string WriteSyncResponse(const Difference& difference, const EventShape& shape = {},
                              std::string_view state_after = "state_after");

}  // namespace parley::gateway
