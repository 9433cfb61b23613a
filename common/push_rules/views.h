#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/json/value.h"

// What rules look at. All views borrow.
namespace parley::push_rules {

struct EventView {
  std::string_view event_id;
  std::string_view room_id;
  std::string_view type;
  std::string_view sender;
  std::optional<std::string_view> state_key;
  const json::Object* content = nullptr;  // never null when evaluated
};

struct RoomView {
  int64_t member_count = 0;        // joined
  int64_t sender_power_level = 0;  // INT64_MAX for a creator (v12)
  // `notifications` in m.room.power_levels; null if there is none. Levels not named there are 50.
  const json::Object* notification_levels = nullptr;
  std::string_view display_name = {};  // of the user for whom the rules are evaluated, in this room
};

}  // namespace parley::push_rules
