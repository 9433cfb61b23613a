#include "services/events/read/event_filter.h"

#include "common/event/client_format.h"
#include "common/filter/parse.h"
#include "common/status/macros.h"

namespace parley::events {

absl::StatusOr<EventFilter> EventFilter::Parse(std::string_view json) {
  EventFilter filter;
  if (json.empty()) return filter;
  PARLEY_TRY(auto parsed, filter::ParseRoomEventFilter(json));
  filter.filter_ = std::make_shared<const filter::RoomEventFilter>(std::move(parsed));
  return filter;
}

bool EventFilter::Keeps(const EventRow& row) const {
  if (!row.state_key && ignored_.contains(row.sender)) return false;
  if (filter_ == nullptr) return true;
  filter::EventFacts facts{row.type, row.sender};
  if (filter_->contains_url) {
    facts.has_url = !event::RawMember(event::RawMember(row.pdu, "content"), "url").empty();
  }
  return filter_->Accepts(facts);
}

bool EventFilter::KeepsType(std::string_view type) const {
  return filter_ == nullptr || filter_->Accepts({type, ""});
}

bool EventFilter::KeepsRoom(std::string_view room_id) const {
  return filter_ == nullptr || filter_->AcceptsRoom(room_id);
}

}  // namespace parley::events
