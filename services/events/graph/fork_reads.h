#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/store/reader.h"
#include "services/events/rows.h"

// The state before stored events, in any snapshot: what GraphState tells the holder of a lane, for
// readers.
namespace parley::events {

// The position of the event that an entry of the state before `event` holds; 0: none. Not of
// outliers.
absl::StatusOr<int64_t> EntryBefore(store::Reader& db, Partition p, const EventRow& event,
                                    std::string_view type, std::string_view state_key);
// The positions of all state events before `event`.
absl::StatusOr<std::vector<int64_t>> PositionsBefore(store::Reader& db, Partition p,
                                                     const EventRow& event);

}  // namespace parley::events
