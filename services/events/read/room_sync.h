#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/event_filter.h"
#include "services/events/read/read_door.h"
#include "services/events/rows.h"

namespace parley::events {

class LazyMembers;

// What a whole /sync has in common for all its rooms.
struct SyncFrame {
  const v1::SyncOptions& options;
  const EventFilter& timeline_filter;
  const EventFilter& state_filter;
  const EventFilter& ephemeral_filter;
  const absl::flat_hash_set<std::string>& ignored_users;
  LazyMembers& lazy_members;
};

// The difference of one room for one viewer, between what the client has and the head of this snapshot. Client-server API, "Syncing".
//
// Threads: one. Lifetime: inside one Store::Read.
class RoomSync {
 public:
  // `head`: the stream's head in this snapshot.
  RoomSync(store::Reader& db, ReadDoor& door, const SyncFrame& frame, const v1::RoomSince& since,
           int64_t head)
      : db_(db), door_(door), frame_(frame), since_(since), head_(head) {}

  // For a room the viewer is joined to. Unread counts and typing are the caller's.
  absl::Status ReadJoined(v1::RoomUpdate& update);
  // For a room the viewer has left, or was kicked or banned from.
  absl::Status ReadLeft(v1::RoomUpdate& update);
  // For an invite or a knock.
  absl::Status ReadStripped(v1::RoomUpdate& update);

 private:
  using StateMap = absl::flat_hash_map<std::pair<std::string, std::string>, StateRow>;

  bool is_initial() const { return since_.since() == 0; }
  bool wants_full_state() const { return is_initial() || frame_.options.full_state(); }
  bool Shows(const EventRow& row) const;

  // The last visible events of (after, upto] that the filter keeps, oldest first.
  absl::Status CollectTimeline(int64_t after, int64_t upto);
  absl::Status ReadResolved(int64_t upto);
  absl::Status WriteTimeline(v1::RoomUpdate& update, int64_t upto);
  // State that the client lacks before its timeline begins (or, with state_after, once it ends).
  absl::Status WriteState(v1::RoomUpdate& update, int64_t after, int64_t upto);
  absl::StatusOr<StateMap> MissingState(int64_t after, int64_t upto);
  absl::Status AddFilteredOut(int64_t start, int64_t upto, StateMap& state);
  absl::Status KeepNeededMembers(int64_t start, StateMap& state);
  bool WasSent(const StateRow& member) const;
  void NoteSent(const StateRow& member);
  absl::Status WriteReceipts(v1::RoomUpdate& update);
  absl::Status WriteSummary(v1::RoomUpdate& update, bool members_changed);
  // Somebody who is joined now was not for a while after `after`: keys may have changed unseen.
  absl::StatusOr<bool> WasAway(const StateRow& now, int64_t after);
  absl::Status WriteMemberChanges(v1::RoomUpdate& update, int64_t after, bool& members_changed);

  store::Reader& db_;
  ReadDoor& door_;
  const SyncFrame& frame_;
  const v1::RoomSince& since_;
  const int64_t head_;

  std::vector<EventRow> timeline_;
  bool limited_ = false;
  int64_t timeline_start_ = 0;
  bool resolved_ = false;  // state may have changed in other ways than by the timeline's events
  std::vector<StateRow> resolved_changes_;
};

}  // namespace parley::events
