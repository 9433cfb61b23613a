#pragma once

#include <memory>
#include <string_view>

#include <absl/status/statusor.h>

#include "services/events/rows.h"

namespace parley::events {

// A RoomEventFilter (client-server API, "Filtering") over stored events. A default one keeps everything. Cheap to copy.
// Threads: safe to read from any.
class EventFilter {
 public:
  EventFilter() = default;
  // `json`: a RoomEventFilter object that was checked when it came in, or empty. M_BAD_JSON otherwise.
  static absl::StatusOr<EventFilter> Parse(std::string_view json);

  // Lets everything of every event through.
  bool KeepsAll() const { return compiled_ == nullptr; }
  bool Keeps(const EventRow& row) const;
  // For what is no stored event: receipts and typing.
  bool KeepsType(std::string_view type) const;
  // By `rooms` and `not_rooms`.
  bool KeepsRoom(std::string_view room_id) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace parley::events
