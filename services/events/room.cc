#include "services/events/room.h"

namespace parley::events {

TimelineEventPtr Room::FindInTail(int64_t pos) {
  absl::MutexLock lock(&tail_mutex);
  for (const TimelineEventPtr& event : tail) {
    if (event->pos == pos) return event;
  }
  return nullptr;
}

TimelineEventPtr Room::FindRecent(std::string_view event_id) {
  {
    absl::MutexLock lock(&tail_mutex);
    for (const TimelineEventPtr& event : tail) {
      if (event->pdu->event_id.str() == event_id) return event;
    }
  }
  return timeline.Find(event_id);
}

size_t Room::MemoryBytes() const {
  return 4096 + state.MemoryBytes() + timeline.MemoryBytes() + txns.MemoryBytes();
}

}  // namespace parley::events
