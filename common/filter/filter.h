#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/filter/fields.h"
#include "common/filter/type_patterns.h"

// Filters as values. In all of them a list that is absent accepts everything, a list that is there and
// empty accepts nothing, and a `not_` list wins. Made by parse.h; a default-constructed filter accepts
// everything. Threads: safe to read from any. Specification: Client-Server API, "Filtering".
namespace parley::filter {

using Ids = std::set<std::string, std::less<>>;

// EventFilter
struct EventFilter {
  // As asked for; never negative. The caller has a default and a maximum.
  std::optional<int64_t> limit;
  std::optional<TypePatterns> types;
  TypePatterns not_types;
  std::optional<Ids> senders;
  Ids not_senders;

  bool Accepts(std::string_view type, std::string_view sender) const;
  // True if every event passes, but for `limit`.
  bool AcceptsEverything() const {
    return !types && not_types.empty() && !senders && not_senders.empty();
  }
  // True if no event passes, so that none need be read.
  bool AcceptsNothing() const;
  // `limit` within the caller's bounds.
  int64_t LimitOr(int64_t fallback, int64_t most) const;
};

// What a RoomEventFilter looks at in an event. Borrows.
struct EventFacts {
  std::string_view type;
  std::string_view sender;
  // Whether `content` has a `url` key; counts only if the filter's contains_url is set.
  bool has_url = false;
};

// RoomEventFilter
struct RoomEventFilter : EventFilter {
  std::optional<Ids> rooms;
  Ids not_rooms;
  std::optional<bool> contains_url;
  bool lazy_load_members = false;
  bool include_redundant_members = false;
  bool unread_thread_notifications = false;
  // Relations aren't known here: who sets these lists asks the events service about them (only events to
  // which an event by one of these senders, or of one of these relation types, relates).
  std::vector<std::string> related_by_senders;
  std::vector<std::string> related_by_rel_types;

  bool AcceptsRoom(std::string_view room_id) const;
  // All but the room.
  bool Accepts(const EventFacts& event) const;
};

// RoomFilter
struct RoomFilter {
  std::optional<Ids> rooms;
  Ids not_rooms;
  bool include_leave = false;
  RoomEventFilter state;
  RoomEventFilter timeline;
  RoomEventFilter ephemeral;
  RoomEventFilter account_data;

  bool AcceptsRoom(std::string_view room_id) const;
};

enum class EventFormat { kClient, kFederation };

// Filter, as /user/{userId}/filter takes it
struct Filter {
  EventFormat event_format = EventFormat::kClient;
  std::optional<FieldSet> event_fields;
  EventFilter presence;
  // `dev.parley.all_states` in `presence`: the client knows free_for_chat and hidden.
  bool all_presence_states = false;
  EventFilter account_data;
  RoomFilter room;
};

}  // namespace parley::filter
