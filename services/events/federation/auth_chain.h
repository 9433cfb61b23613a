#pragma once

#include <vector>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include "common/event/room_version.h"
#include "common/store/reader.h"
#include "services/events/rows.h"

namespace parley::events {

// All that `events` rest on by their auth_events, as far as it is in the store; `events` themselves
// only where others rest on them. Each once, in no order.
absl::StatusOr<std::vector<EventRow>> ReadAuthChain(store::Reader& db, Partition p,
                                                    const event::RoomVersion& version,
                                                    const std::vector<EventRow>& events);

}  // namespace parley::events
