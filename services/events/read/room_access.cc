#include "services/events/read/room_access.h"

#include "common/base/partition.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using event::Membership;

absl::Status NotInRoom() { return Forbidden("You are not in this room, or it does not exist"); }

}  // namespace

absl::Status WithRoom(const ReadDeps& deps, const common::v1::Requester& requester,
                      std::string_view room_id, RoomRead read) {
  const Partition partition = PartitionOf(room_id, deps.partitions);
  return deps.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const auto room, FindRoom(db, partition, room_id));
    if (!room) return NotInRoom();
    PARLEY_TRY(ReadDoor door,
               ReadDoor::Open(db, *room, {requester.user_id(), requester.device_id(), deps.clock.NowMs()},
                              deps.erased));
    if (!door.HasMembership() && !door.IsWorldReadable()) return NotInRoom();
    PARLEY_TRY(const store::StreamState stream, store::ReadStream(db, kStream, partition));
    const bool here = door.membership() == Membership::kJoin || door.IsWorldReadable();
    const int64_t upto = here ? stream.head : door.LeftAt();
    RoomAccess access{db, std::move(door), upto, stream.head};
    return read(access);
  });
}

absl::Status CheckMayReadState(const RoomAccess& access) {
  const bool here =
      access.door.membership() == Membership::kJoin || access.door.IsWorldReadable();
  return here || access.door.LeftAt() > 0 ? absl::OkStatus() : NotInRoom();
}

}  // namespace parley::events
