#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>

#include "common/base/clock.h"
#include "common/store/store.h"
#include "parley/common/v1/common.pb.h"
#include "services/events/read/read_door.h"

namespace parley::events {

// What every read of one room needs. Everything outlives it.
struct ReadDeps {
  store::Store& store;
  const Clock& clock;
  const ErasedUsers& erased;
  uint32_t partitions;
};

// One room opened for one reader, inside a snapshot.
struct RoomAccess {
  store::Reader& db;
  ReadDoor door;
  // The last position whose state the reader may see: the head for members, the end of the reader's time in the room for
  // those who left.
  int64_t upto = 0;
  // Of the partition's stream in this snapshot.
  int64_t head = 0;

  Partition partition() const { return door.room().partition; }
  RoomNid nid() const { return door.room().nid; }
};

using RoomRead = absl::FunctionRef<absl::Status(RoomAccess&)>;

// Opens the room for whoever may read it in some way: members, those who once were, invited users, everybody where the history is
// world-readable. M_FORBIDDEN otherwise, and for a room that does not exist.
absl::Status WithRoom(const ReadDeps& deps, const common::v1::Requester& requester,
                      std::string_view room_id, RoomRead read);

// M_FORBIDDEN unless the reader is or was in the room, or everybody may read it: for its state and members.
absl::Status CheckMayReadState(const RoomAccess& access);

}  // namespace parley::events
