#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>

#include "common/filter/filter.h"
#include "services/events/rows.h"

namespace parley::events {

// A RoomEventFilter (client-server API, "Filtering") over stored events. A default one keeps everything. Cheap to copy.
// Threads: safe to read from any.
class EventFilter {
 public:
  EventFilter() = default;
  // `json`: a RoomEventFilter object, or empty. M_BAD_JSON when it is none.
  static absl::StatusOr<EventFilter> Parse(std::string_view json);

  // From now on keeps no messages of these users ("Ignoring Users"); their state events stay.
  template <class Users>
  void Ignore(const Users& user_ids) {
    ignored_.insert(user_ids.begin(), user_ids.end());
  }

  // Has no conditions of its own.
  bool KeepsAll() const { return filter_ == nullptr; }
  bool Keeps(const EventRow& row) const;
  // For what is no stored event: receipts and typing.
  bool KeepsType(std::string_view type) const;
  bool lazy_load_members() const { return filter_ != nullptr && filter_->lazy_load_members; }
  // By `rooms` and `not_rooms`.
  bool KeepsRoom(std::string_view room_id) const;

 private:
  std::shared_ptr<const filter::RoomEventFilter> filter_;
  absl::flat_hash_set<std::string> ignored_;
};

}  // namespace parley::events
