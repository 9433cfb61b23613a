#include "services/events/read/event_array.h"

#include <algorithm>

#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {

absl::StatusOr<v1::JsonResponse> JsonFrom(const ReadDeps& deps, const common::v1::Requester& requester,
                                          std::string_view room_id,
                                          absl::FunctionRef<absl::Status(RoomAccess&, std::string&)> read) {
  v1::JsonResponse response;
  PARLEY_RETURN_IF_ERROR(WithRoom(deps, requester, room_id, [&](RoomAccess& access) {
    response.set_reader_has_left(access.door.LeftAt() > 0);
    return read(access, *response.mutable_json());
  }));
  return response;
}

absl::Status WriteEvents(RoomAccess& access, const std::vector<EventRow>& events, json::Writer& w) {
  w.BeginArray();
  for (const EventRow& row : events) {
    PARLEY_TRY(const std::string json, access.door.Json(row));
    w.Raw(json);
  }
  w.EndArray();
  return absl::OkStatus();
}

absl::Status WriteStateEvents(RoomAccess& access, const std::vector<StateRow>& states, json::Writer& w) {
  std::vector<int64_t> positions;
  for (const StateRow& state : states) positions.push_back(state.event_pos);
  std::sort(positions.begin(), positions.end());
  PARLEY_TRY(const auto rows, ReadEvents(access.db, access.partition(), positions));
  return WriteEvents(access, rows, w);
}

}  // namespace parley::events
