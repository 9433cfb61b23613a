#include "services/events/read/room_access.h"

#include "common/base/partition.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using event::Membership;

absl::Status NotInRoom() { return Forbidden("You are not in this room, or it does not exist"); }

// What one pass found out of its reader.
enum class Standing { kUnknown, kLeft, kCheckedLeft };

// Stops before `read` when the reader has left and nobody has asked yet whether the room is forgotten: that question goes to
// another service, and not from inside a snapshot.
absl::Status ReadOnce(const ReadDeps& deps, const common::v1::Requester& requester, std::string_view room_id,
                      Standing& standing, RoomRead read) {
  const Partition partition = PartitionOf(room_id, deps.partitions);
  return deps.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const auto room, FindRoom(db, partition, room_id));
    if (!room) return NotInRoom();
    PARLEY_TRY(ReadDoor door, ReadDoor::Open(db, *room, {requester.user_id(), requester.device_id(),
                                                         deps.clock.NowMs()}));
    if (!door.HasMembership() && !door.IsWorldReadable()) return NotInRoom();
    const Membership membership = door.membership();
    const bool here = membership == Membership::kJoin || door.IsWorldReadable();
    const bool left = membership == Membership::kLeave || membership == Membership::kBan;
    if (!here && left && standing == Standing::kUnknown) {
      standing = Standing::kLeft;
      return absl::OkStatus();
    }
    PARLEY_TRY(const store::StreamState stream, store::ReadStream(db, kStream, partition));
    const int64_t upto = here ? stream.head : door.LeftAt();
    RoomAccess access{db, std::move(door), upto, stream.head};
    return read(access);
  });
}

absl::Status CheckNotForgotten(const ReadDeps& deps, const common::v1::Requester& requester,
                               std::string_view room_id) {
  accounts::ListMembershipsRequest request;
  request.set_user_id(requester.user_id());
  request.set_room_id(std::string(room_id));
  PARLEY_TRY(const auto response, deps.accounts.ListMemberships({}, request));
  return response.memberships().empty() ? NotInRoom() : absl::OkStatus();
}

}  // namespace

absl::Status WithRoom(const ReadDeps& deps, const common::v1::Requester& requester,
                      std::string_view room_id, RoomRead read) {
  Standing standing = Standing::kUnknown;
  PARLEY_RETURN_IF_ERROR(ReadOnce(deps, requester, room_id, standing, read));
  if (standing != Standing::kLeft) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(CheckNotForgotten(deps, requester, room_id));
  standing = Standing::kCheckedLeft;
  return ReadOnce(deps, requester, room_id, standing, read);
}

absl::Status CheckMayReadState(const RoomAccess& access) {
  const bool here =
      access.door.membership() == Membership::kJoin || access.door.IsWorldReadable();
  return here || access.door.LeftAt() > 0 ? absl::OkStatus() : NotInRoom();
}

}  // namespace parley::events
