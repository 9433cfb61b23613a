#include "services/events/read/sync_reader.h"

#include <map>

#include <absl/container/btree_set.h>

#include "common/base/partition.h"
#include "common/status/macros.h"
#include "services/events/federation/remote_membership.h"
#include "services/events/read/event_filter.h"
#include "services/events/read/read_door.h"
#include "services/events/read/recent_reader.h"
#include "services/events/read/room_sync.h"
#include "services/events/read/typing_view.h"
#include "services/events/read/unread.h"
#include "services/events/store.h"
#include "services/events/typing.h"

namespace parley::events {
namespace {

using Heads = std::map<Partition, int64_t>;

// One ReadSince, inside its snapshot.
class Pass {
 public:
  Pass(const SyncReader::Deps& deps, store::Reader& db, const v1::ReadSinceRequest& request,
       const SyncFrame& frame)
      : deps_(deps), db_(db), request_(request), frame_(frame), now_ms_(deps.clock.NowMs()) {}

  absl::StatusOr<v1::ReadSinceResponse> Run() {
    for (const v1::RoomSince& room : request_.rooms()) {
      if (!frame_.timeline_filter.KeepsRoom(room.room_id())) continue;
      PARLEY_RETURN_IF_ERROR(ReadRoom(room));
    }
    PARLEY_RETURN_IF_ERROR(ReadDeviceLists());
    for (const auto& [partition, head] : heads_) {
      auto* out = response_.add_heads();
      out->set_partition(partition);
      out->set_position(head);
    }
    return std::move(response_);
  }

 private:
  absl::StatusOr<int64_t> HeadOf(Partition partition) {
    const auto known = heads_.find(partition);
    if (known != heads_.end()) return known->second;
    PARLEY_TRY(const store::StreamState state, store::ReadStream(db_, kStream, partition));
    heads_[partition] = state.head;
    AddTypingHead(deps_.typing, partition, response_);
    return state.head;
  }

  absl::Status ReadRoom(const v1::RoomSince& asked) {
    const Partition partition = PartitionOf(asked.room_id(), deps_.partitions);
    PARLEY_TRY(const int64_t head, HeadOf(partition));
    if (asked.membership() != "join") {
      PARLEY_TRY(const bool is_remote, ReadRemote(asked, partition));
      if (is_remote) return absl::OkStatus();
    }
    PARLEY_TRY(const auto room, FindRoom(db_, partition, asked.room_id()));
    if (!room) return absl::OkStatus();
    v1::RoomSince since = asked;
    if (since.since() > head) since.set_since(0);  // of another life of the store
    NoteSince(partition, since.since());
    PARLEY_TRY(ReadDoor door, ReadDoor::Open(db_, *room,
                                             {request_.requester().user_id(),
                                              request_.requester().device_id(), now_ms_},
                                             deps_.erased));
    v1::RoomUpdate update;
    update.set_room_id(asked.room_id());
    PARLEY_RETURN_IF_ERROR(Fill(door, since, head, update));
    if (update.has_news()) *response_.add_rooms() = std::move(update);
    return absl::OkStatus();
  }

  // What the reader is to a room that this server is not in.
  absl::StatusOr<bool> ReadRemote(const v1::RoomSince& asked, Partition partition) {
    PARLEY_TRY(const auto row, FindRemoteMembership(db_, partition, asked.room_id(),
                                                    request_.requester().user_id()));
    if (!row || row->pos != asked.membership_position()) return false;
    if (frame_.ignored_users.contains(row->sender)) return true;
    v1::RoomUpdate& update = *response_.add_rooms();
    update.set_room_id(asked.room_id());
    PARLEY_RETURN_IF_ERROR(FillRemoteUpdate(*row, update));
    return true;
  }

  absl::Status Fill(ReadDoor& door, const v1::RoomSince& since, int64_t head,
                    v1::RoomUpdate& update) {
    RoomSync room(db_, door, frame_, since, head);
    if (since.membership() == "invite" || since.membership() == "knock") {
      return room.ReadStripped(update);
    }
    if (since.membership() != "join") return room.ReadLeft(update);
    PARLEY_RETURN_IF_ERROR(room.ReadJoined(update));
    AddTyping(deps_.typing, frame_.ephemeral_filter, since, update);
    if (!update.has_news()) return absl::OkStatus();
    return deps_.unread.Count(db_, door, head, now_ms_, request_.push_rule_changes(),
                              frame_.options.unread_thread_notifications(), update);
  }

  void NoteSince(Partition partition, int64_t since) {
    if (since == 0) return;
    const auto [known, added] = since_.try_emplace(partition, since);
    if (!added) known->second = std::min(known->second, since);
  }

  // Users whose devices changed, of those in a room of the request.
  absl::Status ReadDeviceLists() {
    absl::btree_set<std::string> changed;
    for (const v1::RoomSince& asked : request_.rooms()) {
      const Partition partition = PartitionOf(asked.room_id(), deps_.partitions);
      if (asked.membership() != "join" || !since_.contains(partition)) continue;
      PARLEY_TRY(const auto changes, DeviceChanges(db_, partition, since_[partition]));
      if (changes.empty()) continue;
      PARLEY_TRY(const auto room, FindRoom(db_, partition, asked.room_id()));
      if (room) PARLEY_RETURN_IF_ERROR(KeepMembers(*room, changes, changed));
    }
    for (const std::string& user : changed) response_.add_device_lists_changed(user);
    return absl::OkStatus();
  }

  absl::Status KeepMembers(const RoomRow& room, const std::vector<DeviceChangeRow>& changes,
                           absl::btree_set<std::string>& changed) {
    for (const DeviceChangeRow& change : changes) {
      if (changed.contains(change.user_id)) continue;
      PARLEY_TRY(const auto member, CurrentStateEntry(db_, room.partition, room.nid,
                                                      "m.room.member", change.user_id));
      if (member && member->membership == event::Membership::kJoin) changed.insert(change.user_id);
    }
    return absl::OkStatus();
  }

  const SyncReader::Deps& deps_;
  store::Reader& db_;
  const v1::ReadSinceRequest& request_;
  const SyncFrame& frame_;
  const int64_t now_ms_;
  Heads heads_;
  Heads since_;
  v1::ReadSinceResponse response_;
};

absl::Status AddJoinedUsers(store::Reader& db, const RoomRow& room,
                            absl::btree_set<std::string>& users) {
  PARLEY_TRY(const auto members, CurrentStateOfType(db, room.partition, room.nid, "m.room.member"));
  for (const StateRow& member : members) {
    if (member.membership == event::Membership::kJoin) users.insert(member.state_key);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ReadSinceResponse> SyncReader::ReadSince(const v1::ReadSinceRequest& request) {
  const v1::SyncOptions& options = request.options();
  PARLEY_TRY(EventFilter timeline, EventFilter::Parse(options.timeline_filter()));
  PARLEY_TRY(const EventFilter state, EventFilter::Parse(options.state_filter()));
  PARLEY_TRY(const EventFilter ephemeral, EventFilter::Parse(options.ephemeral_filter()));
  const absl::flat_hash_set<std::string> ignored(request.ignored_users().begin(),
                                                 request.ignored_users().end());
  timeline.Ignore(request.ignored_users());
  const SyncFrame frame{options, timeline, state, ephemeral, ignored, lazy_members_};
  if (auto recent = recent_.ReadSince(request, frame)) return *std::move(recent);
  v1::ReadSinceResponse response;
  const auto status = deps_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(response, Pass(deps_, db, request, frame).Run());
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return response;
}

absl::StatusOr<v1::ListJoinedUsersResponse> SyncReader::ListJoinedUsers(
    const v1::ListJoinedUsersRequest& request) {
  absl::btree_set<std::string> users;
  const auto status = deps_.store.Read([&](store::Reader& db) -> absl::Status {
    for (const std::string& room_id : request.room_ids()) {
      PARLEY_TRY(const auto room, FindRoom(db, PartitionOf(room_id, deps_.partitions), room_id));
      if (room) PARLEY_RETURN_IF_ERROR(AddJoinedUsers(db, *room, users));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  v1::ListJoinedUsersResponse response;
  response.mutable_user_ids()->Assign(users.begin(), users.end());
  return response;
}

}  // namespace parley::events
