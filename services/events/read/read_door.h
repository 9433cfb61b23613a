#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/event/client_format.h"
#include "common/event/membership.h"
#include "common/event/room_version.h"
#include "common/store/reader.h"
#include "services/events/erased_users.h"
#include "services/events/rows.h"

namespace parley::events {

// Who reads, and when.
struct Viewer {
  std::string user_id;  // empty: nobody in particular (world-readable rooms only)
  std::string device_id;
  int64_t now_ms = 0;
};

// How many of an event's children go out with it. Children carry less than their parent, so that a chain of relations
// ends.
enum class Bundle { kAll, kEditOnly, kNone };

// The only way by which an event's content leaves this service: for one viewer and one room, with history visibility applied and
// `unsigned` filled in. Client-server API, "Room history visibility" and "Aggregations of child events". What erased users have
// said is redacted for those who came later ("Deactivating accounts").
//
// Threads: one. Lifetime: inside the Store::Read whose reader it was opened with.
class ReadDoor {
 public:
  // `erased` outlives the door.
  static absl::StatusOr<ReadDoor> Open(store::Reader& db, const RoomRow& room, Viewer viewer, const ErasedUsers& erased);

  const RoomRow& room() const { return room_; }
  const Viewer& viewer() const { return viewer_; }
  // The viewer's membership in the room now, and at a position (after the event there).
  event::Membership membership() const { return MembershipAt(INT64_MAX - 1); }
  event::Membership MembershipAt(int64_t pos) const;
  // Has a membership event of any kind in this room.
  bool HasMembership() const { return !memberships_.empty(); }
  // Where the viewer's present, unbroken time as a member began; 0 without one.
  int64_t JoinedAt() const;
  // Where the viewer's last time as a member ended; 0 for one who is a member, or never was.
  int64_t LeftAt() const;
  bool IsWorldReadable() const;

  // Whether the viewer may see an event. One's own memberships always; hidden events (kHidden) are shown to nobody.
  bool MaySee(const EventRow& row) const;
  bool MaySeeAt(int64_t pos) const;
  // The viewer gets a redacted copy of what an erased user has said: the viewer was in the room at no time before that
  // user was erased.
  bool IsErased(const EventRow& row) const;

  // Appends the event as client JSON, complete with `unsigned`. Does not ask MaySee: the caller has.
  absl::Status Append(std::string& out, const EventRow& row,
                      event::ClientShape shape = event::ClientShape::kWithRoomId,
                      Bundle bundle = Bundle::kAll);
  absl::StatusOr<std::string> Json(const EventRow& row,
                                   event::ClientShape shape = event::ClientShape::kWithRoomId,
                                   Bundle bundle = Bundle::kAll);

 private:
  struct VisibilityVersion {
    int64_t from_pos = 0;
    event::HistoryVisibility value = event::HistoryVisibility::kShared;
  };

  ReadDoor(store::Reader& db, RoomRow room, Viewer viewer, const ErasedUsers& erased)
      : db_(&db), erased_(&erased), room_(std::move(room)), viewer_(std::move(viewer)) {}

  absl::Status Load();
  event::HistoryVisibility VisibilityAt(int64_t pos) const;
  bool JoinedSince(int64_t pos) const;
  // The same as MaySeeAt for an event whose state is not that of its position.
  absl::StatusOr<bool> MaySeeOnFork(const EventRow& row) const;
  // The client form of the event at `pos` without its relations, or empty.
  absl::StatusOr<std::string> PlainJson(int64_t pos);
  event::StoredEvent Stored(const EventRow& row) const;
  absl::Status AppendErased(std::string& out, const EventRow& row, event::ClientShape shape) const;

  store::Reader* db_;
  const ErasedUsers* erased_;
  RoomRow room_;
  Viewer viewer_;
  const event::RoomVersion* version_ = nullptr;
  std::vector<StateRow> memberships_;           // the viewer's, oldest first
  std::vector<VisibilityVersion> visibility_;   // the room's, oldest first
};

}  // namespace parley::events
