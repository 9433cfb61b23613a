#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "services/events/read/event_filter.h"
#include "services/events/read/room_access.h"

namespace parley::events {

// A run of events of one room that the reader may see and a filter keeps, in the direction it was read.
struct HistoryPage {
  std::vector<EventRow> events;
  // Where to go on; nullopt when nothing is left in that direction.
  std::optional<RoomOrder> next;
  // History is missing behind this event: the page ends at it, or would have begun right behind it. Only backwards;
  // empty if none is missing.
  std::string gap;
};

struct PageRequest {
  bool backwards = true;
  RoomOrder from = 0;
  // Stop here: before it is passed.
  std::optional<RoomOrder> to = {};
  size_t limit = 10;
  // A page that would begin behind a gap is empty, and `next` is where it began. Otherwise it goes on beyond the gap.
  bool stop_at_gap = false;
};

// Looks at a bounded number of events: a page may be short, or empty, and still have a `next`.
absl::StatusOr<HistoryPage> ReadPage(RoomAccess& access, const PageRequest& request,
                                     const EventFilter& filter);

}  // namespace parley::events
