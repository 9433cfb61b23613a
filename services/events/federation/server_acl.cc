#include "services/events/federation/server_acl.h"

#include "common/pattern/server_acl.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::events {

absl::Status CheckServerAcl(const Context& context, Room& room, std::string_view server) {
  PARLEY_TRY(const event::PduPtr acl, StateEvent(context.store, room, "m.room.server_acl", ""));
  if (!acl || pattern::ServerAcl(acl->content).Allows(server)) return absl::OkStatus();
  return Forbidden("This room does not admit your server");
}

absl::StatusOr<RoomPtr> OpenSharedRoom(const Context& context, std::string_view room_id,
                                       std::string_view origin) {
  PARLEY_TRY(RoomPtr room, context.rooms.Get(room_id));
  if (!room->state.HasServer(context.config.server_name)) {
    return NotFound("This server is not in the room");
  }
  PARLEY_RETURN_IF_ERROR(CheckServerAcl(context, *room, origin));
  return room;
}

}  // namespace parley::events
