#pragma once

#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>
#include <absl/status/statusor.h>

#include "common/event/pdu.h"
#include "services/events/room.h"
#include "services/events/rows.h"

namespace parley::events {

using FindState =
    absl::FunctionRef<absl::StatusOr<event::PduPtr>(std::string_view type, std::string_view state_key)>;

// What the directory shows of a room: the PublishedRoomsChunk of /publicRooms. `state` answers for the state events
// that it is made of; `room` for the number of members.
absl::StatusOr<PublishedRow> PublicEntry(const std::string& room_id, const Room& room, FindState state);

}  // namespace parley::events
