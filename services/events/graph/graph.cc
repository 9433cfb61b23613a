#include "services/events/graph/graph.h"

#include <algorithm>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/runtime/work_pool.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/federation/key_cache.h"
#include "services/events/federation/server_acl.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

// Of one room; beyond, new ones are refused until some are dealt with.
constexpr size_t kMaxWaiting = 500;
constexpr int kMaxAttempts = 8;
constexpr absl::Duration kFetchTime = absl::Minutes(2);
constexpr size_t kPerRequest = 50;
// Who gives less than what servers give at least when there is more has no more.
constexpr size_t kFullAnswer = 10;
constexpr int kMaxRounds = 10;
constexpr size_t kMaxFetched = 500;
// States that are asked for to close one gap.
constexpr size_t kMaxStates = 10;
// State events fetched one by one; more are fetched with the whole state.
constexpr size_t kMaxSingly = 20;
constexpr size_t kBackfillLimit = 100;

void AddResult(v1::ReceivePdusResponse& response, const EventId& id, const absl::Status& status) {
  v1::PduResult& result = *response.add_results();
  result.set_event_id(id.str());
  if (!status.ok()) result.set_error(std::string(Std(status.message())));
}

// What is no event at all has no id to answer by: it is left out.
std::vector<event::UnverifiedPdu> Parse(const v1::ReceivePdusRequest& request,
                                        const event::RoomVersion& version) {
  std::vector<event::UnverifiedPdu> received;
  for (const std::string& bytes : request.pdus()) {
    absl::StatusOr<event::UnverifiedPdu> pdu = event::ParsePdu(bytes, version);
    if (pdu.ok()) received.push_back(*std::move(pdu));
  }
  return received;
}

absl::StatusOr<v1::ReceivePdusResponse> RefuseAll(const Context& context,
                                                  const v1::ReceivePdusRequest& request,
                                                  const absl::Status& reason) {
  PARLEY_TRY(const RoomPtr room, context.rooms.Get(request.room_id()));
  v1::ReceivePdusResponse response;
  for (const event::UnverifiedPdu& pdu : Parse(request, *room->version))
    AddResult(response, pdu.event_id(), reason);
  return response;
}

}  // namespace

Graph::Graph(const Context& context, int threads) : context_(context), settler_(context) {
  if (threads > 0)
    pool_ = std::make_unique<WorkPool>(WorkPool::Options{"events-graph", threads, 10'000});
}

Graph::~Graph() = default;

absl::StatusOr<v1::ReceivePdusResponse> Graph::ReceivePdus(const rpc::Call& call,
                                                           const v1::ReceivePdusRequest& request) {
  const auto opened = OpenSharedRoom(context_, request.room_id(), request.origin());
  if (HasErrcode(opened.status(), "M_FORBIDDEN"))
    return RefuseAll(context_, request, opened.status());
  PARLEY_TRY(const RoomPtr room, opened);
  v1::ReceivePdusResponse response;
  std::vector<event::UnverifiedPdu> of_room;
  for (event::UnverifiedPdu& pdu : Parse(request, *room->version)) {
    if (pdu.peek().room_id.str() == room->id) {
      of_room.push_back(std::move(pdu));
    } else {
      AddResult(response, pdu.event_id(), Forbidden("The event is of another room"));
    }
  }
  std::vector<EventId> ids;
  for (const event::UnverifiedPdu& pdu : of_room) ids.push_back(pdu.event_id());
  std::vector<event::VerifiedPdu> events;
  size_t i = 0;
  for (std::optional<event::VerifiedPdu>& event :
       VerifyAll(call, context_.keys, std::move(of_room))) {
    const EventId& id = ids[i++];
    if (event) {
      events.push_back(*std::move(event));
    } else {
      AddResult(response, id, Forbidden("The event is not signed as it must be"));
    }
  }
  PARLEY_TRY(const std::vector<Settled> settled, settler_.Settle(call, room->id, events));
  std::vector<const event::VerifiedPdu*> waiting;
  for (size_t k = 0; k < events.size(); ++k) {
    if (settled[k].kind == Settled::Kind::kMissing) waiting.push_back(&events[k]);
  }
  const absl::Status kept = KeepWaiting(*room, request.origin(), waiting);
  for (size_t k = 0; k < events.size(); ++k) {
    const bool waits = settled[k].kind == Settled::Kind::kMissing;
    AddResult(response, events[k]->event_id, waits ? kept : absl::OkStatus());
  }
  if (!waiting.empty() && kept.ok()) WakeFetcher(room->id);
  return response;
}

absl::Status Graph::KeepWaiting(const Room& room, const std::string& origin,
                                const std::vector<const event::VerifiedPdu*>& events) {
  if (events.empty()) return absl::OkStatus();
  size_t count = 0;
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(const auto rows, WaitingPdus(db, room.partition, room.nid));
    count = rows.size();
    return absl::OkStatus();
  }));
  if (count + events.size() > kMaxWaiting) {
    return absl::ResourceExhaustedError("Too many events wait for their past in this room");
  }
  return context_.streams.For(room.partition).CommitQuietly([&](store::Batch& batch) {
    for (const event::VerifiedPdu* event : events) {
      AddWaiting(
          batch, room.partition,
          {room.nid, (*event)->event_id.str(), origin, context_.clock.NowMs(), (*event)->bytes});
    }
  });
}

absl::Status Graph::Forget(const Room& room, const std::vector<std::string>& event_ids) {
  if (event_ids.empty()) return absl::OkStatus();
  return context_.streams.For(room.partition).CommitQuietly([&](store::Batch& batch) {
    for (const std::string& id : event_ids) DeleteWaiting(batch, room.partition, room.nid, id);
  });
}

void Graph::WakeFetcher(const std::string& room_id) {
  if (pool_ == nullptr) return;
  {
    absl::MutexLock lock(&mutex_);
    if (!fetching_.insert(room_id).second) return;
  }
  const bool posted = pool_->TryPost([this, room_id] {
    Fetch({absl::Now() + kFetchTime, "missing events"}, room_id);
  });
  if (posted) return;
  absl::MutexLock lock(&mutex_);
  fetching_.erase(room_id);
}

void Graph::Fetch(const rpc::Call& call, const std::string& room_id) {
  // What fails now waits for the next look.
  FetchOnce(call, room_id).IgnoreError();
  absl::MutexLock lock(&mutex_);
  fetching_.erase(room_id);
}

void Graph::FetchAll(const rpc::Call& call) {
  std::vector<std::string> rooms;
  const absl::Status read = context_.store.Read([&](store::Reader& db) -> absl::Status {
    for (const Partition p : context_.streams.Owned()) {
      PARLEY_TRY(const auto rows, WaitingPdus(db, p, 0));
      absl::flat_hash_set<RoomNid> seen;
      for (const WaitingRow& row : rows) {
        if (!seen.insert(row.room).second) continue;
        PARLEY_TRY(const auto room, FindRoomByNid(db, p, row.room));
        if (room) rooms.push_back(room->room_id);
      }
    }
    return absl::OkStatus();
  });
  if (!read.ok()) return;
  for (const std::string& room_id : rooms) {
    if (pool_ != nullptr) {
      WakeFetcher(room_id);
    } else {
      Fetch(call, room_id);
    }
  }
}

absl::StatusOr<std::vector<EventId>> Graph::NotHere(const Room& room,
                                                    const std::vector<EventId>& ids,
                                                    bool outliers_count) {
  std::vector<EventId> missing;
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    for (const EventId& id : ids) {
      PARLEY_TRY(const auto row, FindEvent(db, room.partition, id.str()));
      if (!row || (!outliers_count && (row->flags & kOutlier) != 0)) missing.push_back(id);
    }
    return absl::OkStatus();
  }));
  return missing;
}

absl::StatusOr<std::vector<EventId>> Graph::Extremities(const std::string& room_id) {
  PARLEY_TRY(const auto write, RoomWrite::Open(context_, room_id));
  return write->Extremities();
}

bool Graph::GiveUp(const WaitingRow& row) {
  absl::MutexLock lock(&mutex_);
  if (attempts_.size() > 100'000) attempts_.clear();
  int& attempts = attempts_[row.event_id];
  if (++attempts <= kMaxAttempts) return false;
  attempts_.erase(row.event_id);
  return true;
}

// The events of one room that wait, and what was fetched to stand before them.
struct Graph::Looked {
  std::vector<event::VerifiedPdu> events;
  absl::flat_hash_set<EventId> ids;
  absl::flat_hash_set<EventId> of_origin;  // those that the server which is asked first has sent
  bool origin_answered = false;            // when it was asked for what they stand on

  bool Add(event::VerifiedPdu event) {
    if (!ids.insert(event->event_id).second) return false;
    events.push_back(std::move(event));
    return true;
  }
  // Its sender was asked what it stands on, and does not say. To take the state there from the same
  // server would let it choose one.
  bool IsUndisclosed(size_t i, const Settled& settled) const {
    if (!origin_answered || !of_origin.contains(events[i]->event_id)) return false;
    return std::any_of(settled.missing_prevs.begin(), settled.missing_prevs.end(),
                       [&](const EventId& id) { return !ids.contains(id); });
  }
  // Of `missing`, what stands on it.
  std::vector<EventId> On(const std::vector<EventId>& missing) const {
    std::vector<EventId> found;
    for (const event::VerifiedPdu& event : events) {
      const auto& prevs = event->prev_events;
      const bool stands_on_one = std::any_of(missing.begin(), missing.end(), [&](const EventId& id) {
        return std::find(prevs.begin(), prevs.end(), id) != prevs.end();
      });
      if (stands_on_one) found.push_back(event->event_id);
    }
    return found;
  }
  std::vector<EventId> Prevs() const {
    std::vector<EventId> prevs;
    for (const event::VerifiedPdu& event : events) {
      for (const EventId& id : event->prev_events) {
        if (!ids.contains(id)) prevs.push_back(id);
      }
    }
    std::sort(prevs.begin(), prevs.end());
    prevs.erase(std::unique(prevs.begin(), prevs.end()), prevs.end());
    return prevs;
  }
};

absl::Status Graph::FillGap(const Peers& peers, const Room& room, const std::string& origin,
                            Looked& looked) {
  PARLEY_TRY(const std::vector<EventId> earliest, Extremities(room.id));
  absl::flat_hash_set<std::string> exhausted;
  for (int round = 0; round < kMaxRounds && looked.events.size() < kMaxFetched; ++round) {
    PARLEY_TRY(const std::vector<EventId> missing, NotHere(room, looked.Prevs(), false));
    if (missing.empty()) break;
    const std::vector<EventId> latest = looked.On(missing);
    bool progress = false;
    for (const std::string& server : peers.Candidates(origin)) {
      if (exhausted.contains(server)) continue;
      absl::StatusOr<Peers::Events> events =
          peers.GetMissingEvents(server, earliest, latest, kPerRequest);
      if (!events.ok()) continue;
      looked.origin_answered |= server == origin;
      if (events->size() < kFullAnswer) exhausted.insert(server);
      for (event::VerifiedPdu& event : *events) progress |= looked.Add(std::move(event));
      if (progress) break;
    }
    if (!progress) break;
  }
  return absl::OkStatus();
}

absl::Status Graph::FetchOnce(const rpc::Call& call, const std::string& room_id) {
  PARLEY_TRY(const RoomPtr room, context_.rooms.Get(room_id));
  std::vector<WaitingRow> rows;
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(rows, WaitingPdus(db, room->partition, room->nid));
    return absl::OkStatus();
  }));
  if (rows.empty()) return absl::OkStatus();
  const Peers peers(context_, call, room_id, *room->version);
  const std::string& origin = rows.front().origin;
  Looked looked;
  json::Array waiting;
  for (const WaitingRow& row : rows) {
    absl::StatusOr<json::Object> pdu = json::ParseObject(row.pdu);
    if (pdu.ok()) waiting.push_back(*std::move(pdu));
  }
  for (event::VerifiedPdu& event : peers.Verify(waiting)) looked.Add(std::move(event));
  for (const WaitingRow& row : rows) {
    if (row.origin == origin) looked.of_origin.insert(EventId::Trusted(row.event_id));
  }
  PARLEY_RETURN_IF_ERROR(FillGap(peers, *room, origin, looked));
  PARLEY_TRY(std::vector<Settled> settled, settler_.Settle(call, room_id, looked.events));
  // What is still missing: the state there, as another server tells it.
  std::vector<EventId> gaps;
  std::vector<EventId> auth;
  absl::flat_hash_set<std::string> dropped;
  for (size_t i = 0; i < settled.size(); ++i) {
    const Settled& one = settled[i];
    if (looked.IsUndisclosed(i, one)) {
      dropped.insert(looked.events[i]->event_id.str());
      continue;
    }
    auth.insert(auth.end(), one.missing_auth.begin(), one.missing_auth.end());
    for (const EventId& id : one.missing_prevs) {
      const bool fetched = looked.ids.contains(id);
      if (!fetched && std::find(gaps.begin(), gaps.end(), id) == gaps.end()) gaps.push_back(id);
    }
  }
  std::vector<ToldState> told;
  for (const EventId& id : gaps) {
    if (told.size() == kMaxStates) break;
    absl::StatusOr<ToldState> state = FetchState(call, peers, origin, *room, id);
    if (state.ok()) told.push_back(*std::move(state));
  }
  for (const EventId& id : auth) {
    for (const std::string& server : peers.Candidates(origin)) {
      absl::StatusOr<Peers::Events> events = peers.GetEvent(server, id);
      if (!events.ok() || events->empty()) continue;
      PARLEY_RETURN_IF_ERROR(settler_.StoreOutliers(call, room_id, *events));
      break;
    }
  }
  if (!told.empty() || !auth.empty()) {
    PARLEY_TRY(settled, settler_.Settle(call, room_id, looked.events, told));
  }
  absl::flat_hash_set<std::string> open;
  for (size_t i = 0; i < settled.size(); ++i) {
    if (settled[i].kind == Settled::Kind::kMissing) open.insert(looked.events[i]->event_id.str());
  }
  std::vector<std::string> done;
  for (const WaitingRow& row : rows) {
    const bool is_over = !open.contains(row.event_id) || dropped.contains(row.event_id);
    if (is_over || GiveUp(row)) done.push_back(row.event_id);
  }
  return Forget(*room, done);
}

absl::StatusOr<ToldState> Graph::FetchState(const rpc::Call& call, const Peers& peers,
                                            std::string_view origin, const Room& room,
                                            const EventId& id) {
  absl::Status last = absl::UnavailableError("nobody to ask");
  for (const std::string& server : peers.Candidates(origin)) {
    absl::StatusOr<ToldState> told = FetchStateFrom(call, peers, server, room, id);
    if (told.ok()) return told;
    last = told.status();
  }
  return last;
}

absl::StatusOr<ToldState> Graph::FetchStateFrom(const rpc::Call& call, const Peers& peers,
                                                const std::string& server, const Room& room,
                                                const EventId& id) {
  PARLEY_TRY(const Peers::StateIds ids, peers.GetStateIds(server, id));
  std::vector<EventId> needed = ids.state;
  needed.insert(needed.end(), ids.auth_chain.begin(), ids.auth_chain.end());
  needed.push_back(id);
  PARLEY_TRY(const std::vector<EventId> missing, NotHere(room, needed, true));
  Peers::Events events;
  if (missing.size() > kMaxSingly) {
    PARLEY_TRY(events, peers.GetState(server, id));
    PARLEY_TRY(Peers::Events last, peers.GetEvent(server, id));
    for (event::VerifiedPdu& event : last) events.push_back(std::move(event));
  } else {
    for (const EventId& one : missing) {
      PARLEY_TRY(Peers::Events found, peers.GetEvent(server, one));
      for (event::VerifiedPdu& event : found) events.push_back(std::move(event));
    }
  }
  PARLEY_RETURN_IF_ERROR(settler_.StoreOutliers(call, room.id, events));
  ToldState told{id, {}};
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    std::vector<EventId> state = ids.state;
    state.push_back(id);
    for (const EventId& one : state) {
      PARLEY_TRY(const auto row, FindEvent(db, room.partition, one.str()));
      if (!row || row->room != room.nid) {
        if (one == id) return absl::UnavailableError("the event is not to be had");
        continue;
      }
      if (row->state_key && (row->flags & kRejected) == 0) {
        told.state.insert_or_assign(event::StateTuple{row->type, *row->state_key}, one);
      }
    }
    return absl::OkStatus();
  }));
  return told;
}

absl::StatusOr<size_t> Graph::Backfill(const rpc::Call& call, const std::string& room_id,
                                       const EventId& event_id) {
  PARLEY_TRY(const RoomPtr room, context_.rooms.Get(room_id));
  const Peers peers(context_, call, room_id, *room->version);
  for (const std::string& server : peers.Candidates("")) {
    absl::StatusOr<Peers::Events> events = peers.Backfill(server, event_id, kBackfillLimit);
    if (!events.ok() || events->empty()) continue;
    Looked looked;
    std::sort(events->begin(), events->end(),
              [](const event::VerifiedPdu& a, const event::VerifiedPdu& b) {
                return std::tie(a->depth, a->event_id) < std::tie(b->depth, b->event_id);
              });
    for (event::VerifiedPdu& event : *events) {
      if (event->event_id != event_id) looked.Add(std::move(event));
    }
    PARLEY_TRY(const std::vector<EventId> gaps, NotHere(*room, looked.Prevs(), false));
    std::vector<ToldState> told;
    for (const EventId& id : gaps) {
      if (told.size() == kMaxStates) break;
      absl::StatusOr<ToldState> state = FetchStateFrom(call, peers, server, *room, id);
      if (state.ok()) told.push_back(*std::move(state));
    }
    absl::StatusOr<size_t> added =
        settler_.SettleHistory(call, room_id, looked.events, told, event_id);
    if (added.ok() && *added > 0) return added;
  }
  return 0;
}

}  // namespace parley::events
