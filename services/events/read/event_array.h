#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/json/splice.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"

// What the reads that answer with finished JSON have in common.
namespace parley::events {

// Runs `read` in the room, for one reader, and answers what it wrote.
absl::StatusOr<v1::JsonResponse> JsonFrom(const ReadDeps& deps, const common::v1::Requester& requester,
                                          std::string_view room_id,
                                          absl::FunctionRef<absl::Status(RoomAccess&, std::string&)> read);

// A JSON array of events as the reader gets them, in the order given.
absl::Status WriteEvents(RoomAccess& access, const std::vector<EventRow>& events, json::Writer& w);
// The same of state events, in the order of their positions.
absl::Status WriteStateEvents(RoomAccess& access, const std::vector<StateRow>& states, json::Writer& w);

}  // namespace parley::events
