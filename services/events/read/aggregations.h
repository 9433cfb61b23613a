#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/events/read/read_door.h"
#include "services/events/rows.h"

namespace parley::events {

// The inside of `unsigned.m.relations` of one event: its latest edit (m.replace), the events that refer to it (m.reference) and the
// summary of its thread (m.thread), as far as the viewer may see them; empty when there is nothing.
// Client-server API, "Aggregations of child events".
absl::StatusOr<std::string> AggregationsJson(store::Reader& db, ReadDoor& door, const EventRow& row,
                                             Bundle bundle);

}  // namespace parley::events
