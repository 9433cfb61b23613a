#include "common/filter/filter.h"

#include <algorithm>

namespace parley::filter {
namespace {

bool Selects(const std::optional<Ids>& wanted, const Ids& unwanted, std::string_view id) {
  return !unwanted.contains(id) && (!wanted || wanted->contains(id));
}

}  // namespace

bool EventFilter::Accepts(std::string_view type, std::string_view sender) const {
  return Selects(senders, not_senders, sender) && !not_types.Match(type) &&
         (!types || types->Match(type));
}

bool EventFilter::AcceptsNothing() const {
  return limit == 0 || (types && types->empty()) || (senders && senders->empty()) ||
         not_types.Match("*");
}

int64_t EventFilter::LimitOr(int64_t fallback, int64_t most) const {
  return std::min(limit.value_or(fallback), most);
}

bool RoomEventFilter::AcceptsRoom(std::string_view room_id) const {
  return Selects(rooms, not_rooms, room_id);
}

bool RoomEventFilter::Accepts(const EventFacts& event) const {
  return EventFilter::Accepts(event.type, event.sender) &&
         (!contains_url || *contains_url == event.has_url);
}

bool RoomFilter::AcceptsRoom(std::string_view room_id) const {
  return Selects(rooms, not_rooms, room_id);
}

}  // namespace parley::filter
