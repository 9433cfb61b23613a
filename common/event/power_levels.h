#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "common/event/pdu.h"
#include "common/json/value.h"

namespace parley::event {

// The level of a creator in rooms where creators stand above all others (v12): more than any event
// can demand.
inline constexpr int64_t kCreatorLevel = std::numeric_limits<int64_t>::max();

// Creators of the room: the sender of its create event (`content.creator` up to v10) and, in v12,
// those of `additional_creators`.
bool IsCreator(const Pdu& create_event, std::string_view user_id);

// One power level as written in an event of `version`; nothing if it is not written as one.
std::optional<int64_t> ParseLevel(const RoomVersion& version, const json::Value& value);

// Who may do what, by the room's create event and its m.room.power_levels event with all their
// defaults.
//
// A view: borrows both events and reads them at each call; cheap to make. Look-ups of a user are
// linear in `users`. Room versions, "Authorisation rules"; server-server API, "Definitions".
class PowerLevels {
 public:
  // `power_levels_event` may be null. So may `create_event`, where a room's state lacks it: then
  // nobody is a creator.
  PowerLevels(const Pdu* create_event, const Pdu* power_levels_event);

  int64_t UserLevel(std::string_view user_id) const;

  // What it takes to send an event of this type (for other purposes than membership and redaction).
  int64_t EventLevel(std::string_view type, bool is_state) const;

  int64_t Ban() const { return NamedLevel("ban", 50); }
  int64_t Kick() const { return NamedLevel("kick", 50); }
  int64_t Redact() const { return NamedLevel("redact", 50); }
  int64_t Invite() const { return NamedLevel("invite", 0); }
  int64_t StateDefault() const { return NamedLevel("state_default", 50); }
  int64_t EventsDefault() const { return NamedLevel("events_default", 0); }
  int64_t UsersDefault() const { return NamedLevel("users_default", 0); }
  // What it takes to notify a whole room with `key` ("room" for @room).
  int64_t Notification(std::string_view key) const;

 private:
  int64_t NamedLevel(std::string_view key, int64_t fallback) const;
  std::optional<int64_t> EntryLevel(std::string_view section, std::string_view key) const;

  const Pdu* create_event_;
  const Pdu* power_levels_event_;
};

}  // namespace parley::event
