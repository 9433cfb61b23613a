#pragma once

#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/event/pdu.h"
#include "common/json/value.h"

namespace parley::event {

// The fields of an event object, if it has the format of its room version ("Event format") and no
// field is too large. `content` is moved out of `event`. Leaves `bytes` empty, and the ids that are
// hashes. Internal to common/event.
absl::StatusOr<Pdu> ReadShape(json::Object& event, const RoomVersion& version);

// The events that `event` names in prev_events or auth_events (`key`); M_BAD_JSON beyond `limit`.
absl::StatusOr<std::vector<EventReference>> ReadReferences(const json::Object& event,
                                                           std::string_view key, size_t limit,
                                                           const RoomVersion& version);

// M_TOO_LARGE if `text` exceeds what an identifier, type or state key may have.
absl::Status CheckFieldSize(std::string_view name, std::string_view text);

// M_BAD_JSON if a number inside is none of canonical JSON's: integers within ±(2^53 - 1).
absl::Status CheckCanonicalNumbers(const json::Object& object);

}  // namespace parley::event
