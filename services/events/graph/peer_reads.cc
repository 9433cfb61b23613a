#include "services/events/graph/peer_reads.h"

#include <algorithm>
#include <queue>
#include <set>

#include <absl/container/flat_hash_set.h>

#include "common/event/client_format.h"
#include "common/event/event_types.h"
#include "common/event/redact.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/events/v1/room_federation.parley.h"
#include "services/events/erased_users.h"
#include "services/events/federation/auth_chain.h"
#include "services/events/federation/server_acl.h"
#include "services/events/graph/fork_reads.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

constexpr uint32_t kMaxBackfill = 100;
constexpr uint32_t kMaxMissing = 50;
// Events looked at for one answer.
constexpr size_t kMaxWalked = 2000;
// Users of a server that are looked at to find one who may see an event.
constexpr size_t kMaxUsers = 200;

// One room opened for one server, inside a snapshot.
class PeerView {
 public:
  PeerView(const Context& context, store::Reader& db, Room& room, std::string_view origin)
      : context_(context), db_(db), room_(room), origin_(origin) {}

  store::Reader& db() { return db_; }
  Room& room() { return room_; }

  absl::StatusOr<std::optional<EventRow>> Find(std::string_view event_id) {
    PARLEY_TRY(auto row, FindEvent(db_, room_.partition, event_id));
    if (row && row->room != room_.nid) row.reset();
    return row;
  }

  // An event with a place in the graph.
  absl::StatusOr<EventRow> Placed(std::string_view event_id) {
    PARLEY_TRY(auto row, Find(event_id));
    if (!row || (row->flags & (kOutlier | kRejected)) != 0)
      return NotFound("There is no such event");
    return *std::move(row);
  }

  absl::StatusOr<event::PduPtr> Load(const EventRow& row) {
    return event::LoadPdu(row.pdu, EventId::Trusted(row.event_id), *room_.version);
  }

  // The PDU as this server may see it.
  absl::StatusOr<std::string> Shown(const EventRow& row) {
    PARLEY_TRY(const bool visible, MaySee(row));
    PARLEY_TRY(const bool erased, IsErased(row));
    if (visible && !erased) return row.pdu;
    PARLEY_TRY(const event::PduPtr pdu, Load(row));
    PARLEY_TRY(const event::PduPtr redacted, event::Redact(*pdu));
    return redacted->bytes;
  }

  absl::StatusOr<bool> MaySee(const EventRow& row) {
    if (row.state_key && (row.flags & kOutlier) != 0) return true;
    if (row.type == event::kMember && row.state_key && IsOfOrigin(*row.state_key)) return true;
    PARLEY_TRY(const int64_t visibility,
               EntryBefore(db_, room_.partition, row, event::kHistoryVisibility, ""));
    if (visibility == 0) return true;
    PARLEY_TRY(const auto state, ReadEvent(db_, room_.partition, visibility));
    if (!state) return true;
    const std::string_view value =
        event::RawMember(event::RawMember(state->pdu, "content"), "history_visibility");
    if (value != "\"joined\"" && value != "\"invited\"") return true;
    return HadMember(row, value == "\"invited\"");
  }

 private:
  // As ReadDoor has it for users: the server was in the room at no time before the sender was erased.
  absl::StatusOr<bool> IsErased(const EventRow& row) {
    const auto erased_at = context_.erased.ErasedAt(row.sender, room_.partition);
    if (!erased_at || (row.state_key && row.type != event::kMember)) return false;
    PARLEY_TRY(const auto times, RoomServers(db_, room_.partition, room_.nid));
    return std::none_of(times.begin(), times.end(), [&](const RoomServerRow& time) {
      return time.server == origin_ && time.from_pos <= *erased_at;
    });
  }

  bool IsOfOrigin(std::string_view user_id) const {
    return UserId::Trusted(std::string(user_id)).server_name() == origin_;
  }

  absl::StatusOr<bool> HadMember(const EventRow& row, bool or_invited) {
    PARLEY_RETURN_IF_ERROR(ReadUsers());
    for (const std::string& user : *users_) {
      PARLEY_TRY(const int64_t pos, EntryBefore(db_, room_.partition, row, event::kMember, user));
      if (pos == 0) continue;
      PARLEY_TRY(const auto member, ReadEvent(db_, room_.partition, pos));
      if (!member) continue;
      const std::string_view value =
          event::RawMember(event::RawMember(member->pdu, "content"), "membership");
      if (value == "\"join\"" || (or_invited && value == "\"invite\"")) return true;
    }
    return false;
  }

  absl::Status ReadUsers() {
    if (users_) return absl::OkStatus();
    PARLEY_TRY(const auto members,
               CurrentStateOfType(db_, room_.partition, room_.nid, event::kMember));
    users_.emplace();
    for (const StateRow& member : members) {
      if (users_->size() == kMaxUsers) break;
      if (IsOfOrigin(member.state_key)) users_->push_back(member.state_key);
    }
    return absl::OkStatus();
  }

  const Context& context_;
  store::Reader& db_;
  Room& room_;
  const std::string_view origin_;
  std::optional<std::vector<std::string>> users_;
};

using PeerRead = absl::FunctionRef<absl::Status(PeerView&, json::Writer&)>;

absl::StatusOr<v1::FederationJson> Answer(const Context& context, std::string_view room_id,
                                          std::string_view origin, PeerRead read) {
  PARLEY_TRY(const RoomPtr room, OpenSharedRoom(context, room_id, origin));
  if (!room->state.HasServer(origin)) return Forbidden("Your server is not in this room");
  v1::FederationJson answer;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PeerView view(context, db, *room, origin);
    json::Writer w(*answer.mutable_json());
    return read(view, w);
  }));
  return answer;
}

absl::Status WritePdus(PeerView& view, std::string_view key, const std::vector<EventRow>& rows,
                       json::Writer& w) {
  w.Key(key).BeginArray();
  for (const EventRow& row : rows) {
    PARLEY_TRY(const std::string pdu, view.Shown(row));
    w.Raw(pdu);
  }
  w.EndArray();
  return absl::OkStatus();
}

void WriteBytes(std::string_view key, const std::vector<EventRow>& rows, json::Writer& w) {
  w.Key(key).BeginArray();
  for (const EventRow& row : rows) w.Raw(row.pdu);
  w.EndArray();
}

void WriteIds(std::string_view key, const std::vector<EventRow>& rows, json::Writer& w) {
  w.Key(key).BeginArray();
  for (const EventRow& row : rows) w.String(row.event_id);
  w.EndArray();
}

void BeginTransaction(const Context& context, json::Writer& w) {
  w.BeginObject().Key("origin").String(context.config.server_name);
  w.Key("origin_server_ts").Int(context.clock.NowMs());
}

// Events behind each other along prev_events, the deepest first.
class Walk {
 public:
  explicit Walk(PeerView& view) : view_(view) {}

  void Leave(std::string_view event_id) { seen_.insert(std::string(event_id)); }

  absl::Status Push(std::string_view event_id) {
    if (!seen_.insert(std::string(event_id)).second || seen_.size() > kMaxWalked)
      return absl::OkStatus();
    PARLEY_TRY(auto row, view_.Find(event_id));
    if (!row || (row->flags & (kOutlier | kRejected)) != 0) return absl::OkStatus();
    PARLEY_TRY(event::PduPtr pdu, view_.Load(*row));
    open_.push({std::move(pdu), *std::move(row)});
    return absl::OkStatus();
  }

  bool empty() const { return open_.empty(); }

  // The deepest; what it stands on is next.
  absl::StatusOr<std::pair<event::PduPtr, EventRow>> Pop() {
    Entry entry = open_.top();
    open_.pop();
    for (const EventId& id : entry.pdu->prev_events) PARLEY_RETURN_IF_ERROR(Push(id.str()));
    return std::make_pair(entry.pdu, entry.row);
  }

 private:
  struct Entry {
    event::PduPtr pdu;
    EventRow row;
    friend bool operator<(const Entry& a, const Entry& b) {
      return std::tie(a.pdu->depth, a.row.pos) < std::tie(b.pdu->depth, b.row.pos);
    }
  };

  PeerView& view_;
  std::set<std::string, std::less<>> seen_;
  std::priority_queue<Entry> open_;
};

absl::StatusOr<std::string> RoomOf(const Context& context, std::string_view event_id) {
  std::optional<RoomRow> room;
  PARLEY_RETURN_IF_ERROR(context.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(room, FindRoomOfEvent(db, context.streams.partitions(), event_id));
    return absl::OkStatus();
  }));
  if (!room) return NotFound("There is no such event");
  return room->room_id;
}

}  // namespace

absl::StatusOr<v1::FederationJson> ReadPdu(const Context& context, const rpc::Call& call,
                                           const v1::GetPduRequest& request) {
  PARLEY_TRY(const std::string room_id, RoomOf(context, request.event_id()));
  if (request.room_id().empty() && !context.streams.Owns(context.rooms.PartitionOf(room_id))) {
    v1::GetPduRequest passed_on = request;
    passed_on.set_room_id(room_id);
    return context.room_owners.GetPdu(call, passed_on);
  }
  return Answer(context, room_id, request.origin(),
                [&](PeerView& view, json::Writer& w) -> absl::Status {
                  PARLEY_TRY(const auto row, view.Find(request.event_id()));
                  if (!row || (row->flags & kRejected) != 0)
                    return NotFound("There is no such event");
                  BeginTransaction(context, w);
                  PARLEY_RETURN_IF_ERROR(WritePdus(view, "pdus", {*row}, w));
                  w.EndObject();
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::FederationJson> ReadPeerState(const Context& context,
                                                 const v1::GetFederationStateRequest& request) {
  return Answer(context, request.room_id(), request.origin(),
                [&](PeerView& view, json::Writer& w) -> absl::Status {
                  PARLEY_TRY(const EventRow row, view.Placed(request.event_id()));
                  const Room& room = view.room();
                  PARLEY_TRY(const auto positions, PositionsBefore(view.db(), room.partition, row));
                  PARLEY_TRY(const auto state, ReadEvents(view.db(), room.partition, positions));
                  PARLEY_TRY(const auto chain,
                             ReadAuthChain(view.db(), room.partition, *room.version, state));
                  w.BeginObject();
                  if (request.only_ids()) {
                    WriteIds("auth_chain_ids", chain, w);
                    WriteIds("pdu_ids", state, w);
                  } else {
                    WriteBytes("auth_chain", chain, w);
                    WriteBytes("pdus", state, w);
                  }
                  w.EndObject();
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::FederationJson> ReadEventAuth(const Context& context,
                                                 const v1::GetEventAuthRequest& request) {
  return Answer(context, request.room_id(), request.origin(),
                [&](PeerView& view, json::Writer& w) -> absl::Status {
                  PARLEY_TRY(const auto row, view.Find(request.event_id()));
                  if (!row) return NotFound("There is no such event");
                  const Room& room = view.room();
                  PARLEY_TRY(const auto chain,
                             ReadAuthChain(view.db(), room.partition, *room.version, {*row}));
                  w.BeginObject();
                  WriteBytes("auth_chain", chain, w);
                  w.EndObject();
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::FederationJson> ReadBackfill(const Context& context,
                                                const v1::BackfillRequest& request) {
  return Answer(context, request.room_id(), request.origin(),
                [&](PeerView& view, json::Writer& w) -> absl::Status {
                  Walk walk(view);
                  for (const std::string& id : request.from())
                    PARLEY_RETURN_IF_ERROR(walk.Push(id));
                  if (walk.empty()) return NotFound("There is no such event");
                  const size_t limit = std::min(request.limit(), kMaxBackfill);
                  std::vector<EventRow> rows;
                  while (!walk.empty() && rows.size() < limit) {
                    PARLEY_TRY(auto next, walk.Pop());
                    rows.push_back(std::move(next.second));
                  }
                  BeginTransaction(context, w);
                  PARLEY_RETURN_IF_ERROR(WritePdus(view, "pdus", rows, w));
                  w.EndObject();
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::FederationJson> ReadMissingEvents(const Context& context,
                                                     const v1::GetMissingEventsRequest& request) {
  return Answer(
      context, request.room_id(), request.origin(),
      [&](PeerView& view, json::Writer& w) -> absl::Status {
        Walk walk(view);
        const std::set<std::string> latest(request.latest_events().begin(),
                                           request.latest_events().end());
        for (const std::string& id : request.earliest_events()) {
          if (!latest.contains(id)) walk.Leave(id);
        }
        for (const std::string& id : latest) PARLEY_RETURN_IF_ERROR(walk.Push(id));
        const size_t limit = std::min(request.limit() == 0 ? 10 : request.limit(), kMaxMissing);
        std::vector<EventRow> rows;
        while (!walk.empty() && rows.size() < limit) {
          PARLEY_TRY(auto next, walk.Pop());
          if (latest.contains(next.second.event_id) || next.first->depth < request.min_depth())
            continue;
          rows.push_back(std::move(next.second));
        }
        std::reverse(rows.begin(), rows.end());
        w.BeginObject();
        PARLEY_RETURN_IF_ERROR(WritePdus(view, "events", rows, w));
        w.EndObject();
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::FederationJson> ReadPduByTime(const Context& context,
                                                 const v1::TimestampToPduRequest& request) {
  return Answer(context, request.room_id(), request.origin(),
                [&](PeerView& view, json::Writer& w) -> absl::Status {
                  const Room& room = view.room();
                  PARLEY_TRY(const auto row, FindByTime(view.db(), room.partition, room.nid,
                                                        request.ts_ms(), request.backwards()));
                  if (!row) return NotFound("There is no event in that direction");
                  PARLEY_TRY(const bool visible, view.MaySee(*row));
                  if (!visible) return NotFound("There is no event in that direction");
                  w.BeginObject().Key("event_id").String(row->event_id);
                  w.Key("origin_server_ts").Int(row->ts).EndObject();
                  return absl::OkStatus();
                });
}

}  // namespace parley::events
