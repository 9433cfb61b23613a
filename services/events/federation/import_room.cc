#include "services/events/federation/import_room.h"

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include "common/event/event_types.h"
#include "common/event/state_tuple.h"
#include "common/status/macros.h"
#include "services/events/store.h"
#include "services/events/wakes.h"

namespace parley::events {
namespace {

using State = absl::flat_hash_map<event::StateTuple, StateRow>;
using Servers = absl::btree_set<std::string>;

// One import. What the store knows is read first; the rows are made when the positions are given:
// first for the new state, one for each new outlier, the last for the join.
class Import {
 public:
  Import(const Context& context, const GivenRoom& given)
      : context_(context),
        given_(given),
        p_(context.rooms.PartitionOf(given.join->room_id.str())) {}

  absl::Status Read() {
    return context_.store.Read([&](store::Reader& db) -> absl::Status {
      PARLEY_RETURN_IF_ERROR(ReadKnown(db));
      for (const event::PduPtr& pdu : given_.outliers) {
        PARLEY_RETURN_IF_ERROR(ReadOutlier(db, pdu));
      }
      return absl::OkStatus();
    });
  }

  absl::StatusOr<Sent> Commit(const rpc::Call& call) {
    PARLEY_RETURN_IF_ERROR(
        context_.streams.For(p_)
            .AppendAndWait(
                [&](int64_t first) -> absl::StatusOr<stream::Appended> { return MakeRows(first); })
            .status());
    context_.outbox.Tell(call, changes_);
    context_.bus.Publish({kSharedJoins, p_, join_pos_, *given_.join->state_key});
    return Sent{given_.join->event_id.str(), join_pos_};
  }

 private:
  absl::Status ReadKnown(store::Reader& db) {
    PARLEY_TRY(const std::optional<RoomRow> room, FindRoom(db, p_, room_id()));
    if (!room) return absl::OkStatus();
    nid_ = room->nid;
    PARLEY_TRY(const std::vector<StateRow> rows, CurrentState(db, p_, nid_));
    for (const StateRow& row : rows) before_[{row.type, row.state_key}] = row;
    PARLEY_TRY(const std::vector<RoomServerRow> servers, RoomServers(db, p_, nid_));
    for (const RoomServerRow& server : servers) {
      if (server.to_pos == 0) servers_before_.insert(server.server);
    }
    return absl::OkStatus();
  }

  absl::Status ReadOutlier(store::Reader& db, const event::PduPtr& pdu) {
    if (nid_ == 0) {
      new_outliers_.push_back(pdu);
      return absl::OkStatus();
    }
    PARLEY_TRY(const std::optional<EventRow> known, FindEvent(db, p_, pdu->event_id.str()));
    if (known) {
      positions_[pdu->event_id] = known->pos;
    } else {
      new_outliers_.push_back(pdu);
    }
    return absl::OkStatus();
  }

  const std::string& room_id() const { return given_.join->room_id.str(); }

  stream::Appended MakeRows(int64_t first) {
    stream::Appended appended;
    appended.count = static_cast<int64_t>(new_outliers_.size()) + 2;
    appended.keys = {room_id()};
    appended.before_visible = [rooms = &context_.rooms, id = room_id()] {
      if (const RoomPtr old = rooms->FindLoaded(id)) rooms->Drop(old);
    };
    if (nid_ == 0) {
      nid_ = first;
      AddRoom(appended.batch, {p_, nid_, room_id(), std::string(given_.version->id)});
    }
    AddOutliers(appended.batch, first);
    join_pos_ = first + appended.count - 1;
    AddState(appended.batch, first);
    AddJoin(appended.batch);
    AddServers(appended.batch, first);
    SetExtremities(appended.batch, p_, nid_, {});
    DeleteRemoteMembership(appended.batch, p_, room_id(), given_.join->sender.str());
    context_.outbox.AddDeletions(appended.batch, p_);
    return appended;
  }

  EventRow RowOf(const event::Pdu& pdu, int64_t pos) const {
    return {.pos = pos,
            .room = nid_,
            .event_id = pdu.event_id.str(),
            .type = pdu.type,
            .state_key = pdu.state_key,
            .sender = pdu.sender.str(),
            .ts = pdu.origin_server_ts,
            .pdu = pdu.bytes};
  }

  void AddOutliers(store::Batch& batch, int64_t first) {
    int64_t pos = first;
    for (const event::PduPtr& pdu : new_outliers_) {
      EventRow row = RowOf(*pdu, ++pos);
      row.ord = HiddenOrder(pos);
      row.flags = kOutlier;
      AddEvent(batch, p_, row);
      positions_[pdu->event_id] = pos;
    }
  }

  StateRow StateRowOf(const event::Pdu& pdu, int64_t from) const {
    StateRow row{pdu.type, *pdu.state_key, positions_.at(pdu.event_id), from, 0, std::nullopt};
    if (pdu.type == event::kMember) row.membership = event::MembershipOf(&pdu);
    return row;
  }

  void AddState(store::Batch& batch, int64_t first) {
    for (const event::PduPtr& pdu : given_.state) {
      const StateRow now = StateRowOf(*pdu, first);
      if (pdu->IsState(event::kMember, *given_.join->state_key)) {
        joiner_before_ = now;
        continue;
      }
      if (now.membership == event::Membership::kJoin) NoteServer(now.state_key);
      Change(batch, now);
    }
    // What is no longer in force. The joiner's own entry is AddJoin's.
    for (const auto& [tuple, row] : before_) {
      if (tuple == JoinTuple()) continue;
      StateRow end{tuple.type, tuple.state_key, 0, first, 0, std::nullopt};
      ReplaceState(batch, p_, nid_, &row, end);
    }
  }

  event::StateTuple JoinTuple() const {
    return {std::string(event::kMember), *given_.join->state_key};
  }

  // `now` comes into force, unless it is already. Takes the entry from what was before.
  void Change(store::Batch& batch, const StateRow& now) {
    const auto old = before_.find({now.type, now.state_key});
    if (old == before_.end()) {
      SetState(batch, p_, nid_, now);
      return;
    }
    if (old->second.event_pos != now.event_pos) ReplaceState(batch, p_, nid_, &old->second, now);
    before_.erase(old);
  }

  void AddJoin(store::Batch& batch) {
    EventRow row = RowOf(*given_.join, join_pos_);
    row.ord = LiveOrder(join_pos_);
    row.flags = kAfterGap;
    if (joiner_before_) row.replaces = joiner_before_->event_pos;
    AddEvent(batch, p_, row);
    AddPastOfJoiner(batch);
    StateRow now{row.type, *row.state_key, join_pos_, join_pos_, 0, event::Membership::kJoin};
    SetState(batch, p_, nid_, now);
    AddToOutbox(batch, p_, join_pos_);
    changes_.push_back(
        {p_, join_pos_, *row.state_key, room_id(), "join", row.event_id, row.sender});
  }

  // From an earlier stay until the state was given, and from then until the join.
  void AddPastOfJoiner(store::Batch& batch) {
    const auto old = before_.find(JoinTuple());
    if (old != before_.end()) {
      const bool is_same = joiner_before_ && joiner_before_->event_pos == old->second.event_pos;
      StateRow past = old->second;
      past.to_pos = is_same || !joiner_before_ ? join_pos_ : joiner_before_->from_pos;
      AddPastState(batch, p_, nid_, past);
      if (is_same) return;
    }
    if (!joiner_before_) return;
    StateRow past = *joiner_before_;
    past.to_pos = join_pos_;
    AddPastState(batch, p_, nid_, past);
  }

  void NoteServer(const std::string& user) {
    std::string server(UserId::Trusted(user).server_name());
    if (server != context_.config.server_name) servers_.insert(std::move(server));
  }

  void AddServers(store::Batch& batch, int64_t first) {
    for (const std::string& server : servers_) {
      if (!servers_before_.contains(server)) AddRoomServer(batch, p_, {nid_, server, first, 0});
    }
    for (const std::string& server : servers_before_) {
      if (!servers_.contains(server)) EndRoomServer(batch, p_, nid_, server, first);
    }
  }

  const Context& context_;
  const GivenRoom& given_;
  const Partition p_;
  RoomNid nid_ = 0;
  State before_;  // in force in the store, as far as the new state has not taken its place
  Servers servers_before_, servers_;
  std::vector<event::PduPtr> new_outliers_;
  absl::flat_hash_map<EventId, int64_t> positions_;
  std::optional<StateRow> joiner_before_;
  int64_t join_pos_ = 0;
  std::vector<MembershipChange> changes_;
};

}  // namespace

absl::StatusOr<Sent> ImportRoom(const Context& context, const rpc::Call& call,
                                const GivenRoom& given) {
  Import import(context, given);
  PARLEY_RETURN_IF_ERROR(import.Read());
  return import.Commit(call);
}

}  // namespace parley::events
