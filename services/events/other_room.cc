#include "services/events/other_room.h"

#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {

absl::StatusOr<std::optional<event::Membership>> MembershipElsewhere(const Context& context,
                                                                     std::string_view room_id,
                                                                     std::string_view user_id) {
  const Partition p = context.rooms.PartitionOf(room_id);
  std::optional<event::Membership> membership;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const std::optional<RoomRow> room, FindRoom(db, p, room_id));
    if (!room) return absl::OkStatus();
    PARLEY_TRY(const auto member, CurrentStateEntry(db, p, room->nid, event::kMember, user_id));
    if (member) membership = member->membership;
    return absl::OkStatus();
  }));
  return membership;
}

}  // namespace parley::events
