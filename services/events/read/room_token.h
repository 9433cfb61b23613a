#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "services/events/rows.h"

namespace parley::events {

// A place between two events of a room, as clients page with it ("prev_batch", "from", "start", "end"): "t<order>".
// Going backwards from it gives events at or before the order, forwards those after it. A sync token is accepted
// too, and means the place where that sync stood in the room's partition; `end` if it knows nothing of that partition.
std::string RoomToken(RoomOrder order);

// M_INVALID_PARAM when `token` is neither.
absl::StatusOr<RoomOrder> ParseRoomToken(std::string_view token, Partition partition,
                                         RoomOrder end);

}  // namespace parley::events
