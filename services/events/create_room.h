#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/event/room_version.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"
#include "services/events/room_write.h"

namespace parley::events {

// What a new room begins with. All of it is decided before the first event is made.
struct RoomPlan {
  const event::RoomVersion* version = nullptr;
  UserId creator;
  json::Object create_content;
  // In order, the creator's join first, without sender and room.
  struct Event {
    std::string type;
    std::string state_key;
    json::Object content;
  };
  std::vector<Event> events;
  // Of users of other servers, whose servers have to agree: after the room is there.
  std::vector<Event> remote_invites;
  std::optional<RoomAlias> alias;
  bool published = false;
};

// The plan that the body of POST /createRoom asks for. A pure function. Errors: M_BAD_JSON, M_INVALID_PARAM,
// M_UNSUPPORTED_ROOM_VERSION.
absl::StatusOr<RoomPlan> PlanRoom(const Config& config, const v1::CreateRoomRequest& request);

// The power levels that a room begins with, before any override.
json::Object DefaultPowerLevels(const event::RoomVersion& version, const UserId& creator);

// Makes the room, all events in one commit, and its alias in another. Returns its id. M_ROOM_IN_USE when the alias is taken;
// M_INVALID_ROOM_STATE when the room's own rules forbid one of its events.
absl::StatusOr<std::string> MakeRoom(const Context& context, const rpc::Call& call, const RoomPlan& plan);

// The RPC of the same name.
absl::StatusOr<v1::CreateRoomResponse> CreateNewRoom(const Context& context, const rpc::Call& call,
                                                     const v1::CreateRoomRequest& request);

}  // namespace parley::events
