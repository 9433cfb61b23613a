#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/store/reader.h"
#include "services/events/rows.h"

namespace parley::events {

// What someone who is invited to, or knocks at, a room is shown of it: stripped events of its create event, name, avatar,
// topic, alias, join rules, encryption, and of those members. Client-server API, "Stripped state".
absl::StatusOr<std::vector<std::string>> StrippedState(store::Reader& db, const RoomRow& room,
                                                       const std::vector<std::string>& members);

// The same events as other servers want them: whole PDUs.
absl::StatusOr<std::vector<std::string>> IdentifyingPdus(store::Reader& db, const RoomRow& room,
                                                         const std::vector<std::string>& members);

}  // namespace parley::events
