#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include "common/event/membership.h"
#include "common/event/pdu.h"
#include "common/event/state_tuple.h"
#include "services/events/rows.h"

namespace parley::events {

// A member of a room, small: a room may have hundreds of thousands.
struct Member {
  int64_t event_pos = 0;
  int64_t from_pos = 0;
  event::Membership membership = event::Membership::kLeave;
};

// What holds one (type, state_key) other than m.room.member.
struct StateEntry {
  int64_t event_pos = 0;
  int64_t from_pos = 0;
  event::PduPtr pdu;  // null until somebody needed it
};

// The first user of a server has joined, or the last one is gone.
struct ServerChange {
  std::string server;
  bool is_here = false;
  int64_t pos = 0;  // of the membership event; may be provisional
};

// The state of one room in memory, with what its lane has built and not yet committed. Positions of such events are
// provisional (negative) until Settle.
//
// Threads: reads from any; writes by the holder of the room's lane only.
class RoomState {
 public:
  // Takes over a row from the store. Only while the room is being loaded.
  void Load(const StateRow& row);

  std::optional<StateRow> Find(std::string_view type, std::string_view state_key) const;
  std::optional<Member> FindMember(std::string_view user_id) const;
  bool IsJoined(std::string_view user_id) const;
  size_t Count(event::Membership membership) const;
  // Users with this membership, in no order, `limit` at most (0: all).
  std::vector<std::string> Members(event::Membership membership, size_t limit = 0) const;
  // Whether users of `server` are joined; all servers of which some are; whether there are others than `own`.
  bool HasServer(std::string_view server) const;
  std::vector<std::string> Servers() const;
  bool HasOtherServers(std::string_view own) const;
  // Which servers have come and gone by Apply since the last call, in order.
  std::vector<ServerChange> TakeServerChanges();
  // All that are in force, members included.
  std::vector<StateRow> Rows() const;
  // Keys of one type other than m.room.member.
  std::vector<std::string> KeysOf(std::string_view type) const;

  // The event in force, if it is in memory; of members, the lately used ones are.
  event::PduPtr CachedEvent(std::string_view type, std::string_view state_key) const;
  // Keeps `event` at hand, if the one at `pos` is still in force.
  void Cache(const event::PduPtr& event, int64_t pos);

  // `event` comes into force at `pos`. Returns what it takes the place of.
  std::optional<StateRow> Apply(const event::PduPtr& event, int64_t pos) { return Apply(event, pos, pos); }
  // The same for an event that came earlier, at `event_pos`, and is now what the state resolves to.
  std::optional<StateRow> Apply(const event::PduPtr& event, int64_t event_pos, int64_t from_pos);
  // Nothing is in force for (type, state_key) any more. Returns what was.
  std::optional<StateRow> Remove(std::string_view type, std::string_view state_key);
  // Provisional positions -1, -2 … become first, first + 1 ….
  void Settle(const event::Pdu& event, int64_t first);

  size_t MemoryBytes() const;

 private:
  static constexpr size_t kMaxCachedMembers = 256;

  void CountMember(std::optional<event::Membership> before, event::Membership after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // True if the server has come or gone.
  bool CountServer(std::string_view user_id, std::optional<event::Membership> before, event::Membership after)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CacheMember(const event::PduPtr& event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<StateRow> ApplyMember(const event::PduPtr& event, int64_t event_pos, int64_t from_pos)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Member> members_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, event::PduPtr> member_events_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<event::StateTuple, StateEntry> others_ ABSL_GUARDED_BY(mutex_);
  size_t counts_[5] ABSL_GUARDED_BY(mutex_) = {};
  absl::flat_hash_map<std::string, size_t> servers_ ABSL_GUARDED_BY(mutex_);  // joined users of each
  std::vector<ServerChange> server_changes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::events
