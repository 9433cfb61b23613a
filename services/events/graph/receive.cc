#include "services/events/graph/receive.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include <absl/hash/hash.h>

#include "common/event/authorise.h"
#include "common/event/event_types.h"
#include "common/event/redact.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/store/store.h"
#include "services/events/retry.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

// Outliers that are committed together.
constexpr size_t kOutliersPerCommit = 500;

// So that events come after those they stand on, as far as their depths are honest.
std::vector<size_t> ByDepth(const std::vector<event::VerifiedPdu>& events) {
  std::vector<size_t> order(events.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::tie(events[a]->depth, events[a]->event_id) <
           std::tie(events[b]->depth, events[b]->event_id);
  });
  return order;
}

bool StandsOnExtremities(const event::Pdu& pdu, const std::vector<event::PduPtr>& extremities) {
  if (pdu.prev_events.size() != extremities.size()) return false;
  return std::all_of(extremities.begin(), extremities.end(), [&](const event::PduPtr& extremity) {
    return std::find(pdu.prev_events.begin(), pdu.prev_events.end(), extremity->event_id) !=
           pdu.prev_events.end();
  });
}

// What a redaction that came before `pdu` makes of it.
absl::Status ApplyEarlyRedaction(store::Reader& db, GraphState& graph, Placed& placed) {
  Room& room = graph.room();
  PARLEY_TRY(const auto positions,
             EarlyRedactions(db, room.partition, room.nid, placed.pdu->event_id.str()));
  for (const int64_t pos : positions) {
    PARLEY_TRY(const GraphEvent* redaction, graph.At(pos));
    PARLEY_TRY(const event::Pdu* create, graph.EventIn({}, event::kCreate, ""));
    PARLEY_TRY(const event::Pdu* levels, graph.EventIn({}, event::kPowerLevels, ""));
    if (!event::MayRedact(*redaction->pdu, *placed.pdu, event::PowerLevels(create, levels)))
      continue;
    const event::PduPtr original = placed.pdu;
    PARLEY_TRY(placed.pdu, event::Redact(*original));
    for (Placed::Change& change : placed.changes) {
      if (change.pdu == original) change.pdu = placed.pdu;
    }
    placed.flags |= kRedacted;
    placed.redaction = redaction->pdu;
    placed.redacted_by = pos;
    break;
  }
  return absl::OkStatus();
}

}  // namespace

// One call of Settle: opens the lane when it needs it, and commits what is on the line together.
class Settler::Session {
 public:
  Session(const Context& context, Standings& standings, const rpc::Call& call,
          const std::string& room_id, const std::vector<ToldState>& told, bool relayed = false)
      : context_(context),
        standings_(standings),
        call_(call),
        room_id_(room_id),
        told_(told),
        relayed_(relayed) {}

  absl::StatusOr<Settled> Take(const event::VerifiedPdu& event) {
    // Only the create event stands on nothing, and that is here.
    if (event->prev_events.empty()) return Settled{Settled::Kind::kHidden, {}, {}};
    PARLEY_RETURN_IF_ERROR(Open());
    PARLEY_TRY(const std::optional<Target> known, write_->Find(event->event_id.str()));
    if (write_->HasPending(event->event_id)) return Settled{};
    if (known && (known->flags & kOutlier) == 0) return Settled{};
    if (!known && told_.empty()) {
      PARLEY_TRY(std::optional<Placed> placed, PlaceOnLine(event));
      if (placed) return Add(*std::move(placed));
    }
    return PlaceInGraph(event, known ? known->pos : 0, std::nullopt);
  }

  absl::StatusOr<Settled> TakeHistory(const event::VerifiedPdu& event, RoomOrder ord) {
    PARLEY_RETURN_IF_ERROR(Open());
    PARLEY_TRY(const std::optional<Target> known, write_->Find(event->event_id.str()));
    if (known && (known->flags & kOutlier) == 0) return Settled{};
    // Nothing but the create event that the room was joined with begins its history.
    if (event->prev_events.empty() && !known) return Settled{};
    return PlaceInGraph(event, known ? known->pos : 0, ord);
  }

  absl::Status TakeOutlier(const event::VerifiedPdu& event, bool& added) {
    added = false;
    PARLEY_RETURN_IF_ERROR(Open());
    PARLEY_TRY(const std::optional<Target> known, write_->Find(event->event_id.str()));
    if (known || write_->HasPending(event->event_id)) {
      added = true;
      return absl::OkStatus();
    }
    std::vector<event::AuthEvent> auth_events;
    for (const EventId& id : event->auth_events) {
      PARLEY_TRY(const std::optional<event::AuthEvent> found, AuthEvent(id));
      if (!found) return absl::OkStatus();
      auth_events.push_back(*found);
    }
    PARLEY_TRY(const event::PduPtr create, write_->State(event::kCreate, ""));
    const auto authorised = event::AuthoriseOutlier(event, auth_events, {create.get(), false});
    Placed placed;
    placed.pdu = event.pdu();
    placed.flags = kOutlier;
    if (!authorised.ok()) placed.flags |= kRejected;
    added = true;
    PARLEY_RETURN_IF_ERROR(write_->AddPlaced(std::move(placed)));
    return ++pending_ < kOutliersPerCommit ? absl::OkStatus() : Commit();
  }

  absl::Status Commit() {
    if (pending_ == 0) return absl::OkStatus();
    pending_ = 0;
    held_.clear();
    const auto sent = write_->Commit(call_);
    write_.reset();
    return sent.status();
  }

 private:
  absl::Status Open() {
    if (write_) return absl::OkStatus();
    PARLEY_TRY(write_, RoomWrite::Open(context_, room_id_));
    return absl::OkStatus();
  }

  absl::StatusOr<Settled> Add(Placed placed) {
    const bool hidden = placed.IsHidden();
    placed.relayed = relayed_;
    PARLEY_RETURN_IF_ERROR(write_->AddPlaced(std::move(placed)));
    ++pending_;
    return Settled{hidden ? Settled::Kind::kHidden : Settled::Kind::kAccepted, {}, {}};
  }

  // The event with that id, for as long as the lane is held; nothing if it is not here.
  absl::StatusOr<std::optional<event::AuthEvent>> AuthEvent(const EventId& id) {
    bool rejected = false;
    event::PduPtr pdu = write_->FindPending(id, &rejected);
    if (!pdu) {
      PARLEY_TRY(const std::optional<Target> found, write_->Find(id.str()));
      if (!found) return std::nullopt;
      pdu = found->pdu;
      rejected = (found->flags & kRejected) != 0;
    }
    held_.push_back(pdu);
    return event::AuthEvent{pdu.get(), rejected};
  }

  // The common case: the event stands on all forward extremities, so the state before it is the one
  // in force. Nothing if that is not so, or something is missing.
  absl::StatusOr<std::optional<Placed>> PlaceOnLine(const event::VerifiedPdu& event)
      ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (!StandsOnExtremities(*event, write_->room().extremities)) return std::nullopt;
    PARLEY_TRY(const bool was_redacted, HasEarlyRedaction(event->event_id));
    if (was_redacted) return std::nullopt;
    std::vector<event::PduPtr> state;
    for (const event::StateTuple& tuple : event::AuthTypesFor(*event)) {
      PARLEY_TRY(event::PduPtr pdu, write_->State(tuple.type, tuple.state_key));
      if (pdu) state.push_back(std::move(pdu));
    }
    std::vector<event::AuthEvent> auth_events;
    for (const EventId& id : event->auth_events) {
      const auto in_force = std::find_if(state.begin(), state.end(), [&](const event::PduPtr& pdu) {
        return pdu->event_id == id;
      });
      if (in_force != state.end()) {
        auth_events.push_back({in_force->get(), false});
        continue;
      }
      PARLEY_TRY(const std::optional<event::AuthEvent> found, AuthEvent(id));
      if (!found) return std::nullopt;
      auth_events.push_back(*found);
    }
    PARLEY_TRY(const event::PduPtr create, write_->State(event::kCreate, ""));
    const auto find = [&](std::string_view type, std::string_view key) -> const event::Pdu* {
      if (type == event::kCreate) return create.get();
      const auto found = std::find_if(state.begin(), state.end(),
                                      [&](const auto& pdu) { return pdu->IsState(type, key); });
      return found == state.end() ? nullptr : found->get();
    };
    Placed placed;
    placed.pdu = event.pdu();
    if (!event::Authorise(event, auth_events, {create.get(), false}, find).ok()) {
      placed.flags = kRejected;
      return placed;
    }
    placed.extremities.emplace({event.pdu()});
    if (event->IsState())
      placed.changes.push_back({{event->type, *event->state_key}, 0, event.pdu()});
    return placed;
  }

  absl::StatusOr<bool> HasEarlyRedaction(const EventId& id) {
    bool found = false;
    PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
      const Room& room = write_->room();
      PARLEY_TRY(const auto positions, EarlyRedactions(db, room.partition, room.nid, id.str()));
      found = !positions.empty();
      return absl::OkStatus();
    }));
    return found;
  }

  absl::StatusOr<Settled> PlaceInGraph(const event::VerifiedPdu& event, int64_t stored_at,
                                       std::optional<RoomOrder> ord) {
    PARLEY_RETURN_IF_ERROR(Commit());
    PARLEY_RETURN_IF_ERROR(Open());
    write_->WaitForCommits();
    Settled missing{Settled::Kind::kMissing, {}, {}};
    std::optional<Placed> placed;
    PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
      GraphState graph(db, write_->room(), standings_);
      PARLEY_TRY(const Past past, PastOf(graph, *event, missing));
      if (!missing.missing_prevs.empty() || !missing.missing_auth.empty()) return absl::OkStatus();
      PARLEY_TRY(placed, PlaceEvent(graph, event, past, ord.has_value()));
      if (!past.told.empty()) placed->flags |= kAfterGap;
      return ApplyEarlyRedaction(db, graph, *placed);
    }));
    if (!placed) return missing;
    placed->stored_at = stored_at;
    if (!placed->IsHidden()) placed->ord = ord;
    PARLEY_TRY(const Settled settled, Add(*std::move(placed)));
    PARLEY_RETURN_IF_ERROR(Commit());
    return settled;
  }

  absl::StatusOr<Past> PastOf(GraphState& graph, const event::Pdu& pdu, Settled& missing) {
    Past past;
    for (const EventId& id : pdu.prev_events) {
      PARLEY_TRY(const GraphEvent* prev, graph.Lookup(id));
      if (prev != nullptr && !prev->Is(kOutlier)) {
        past.prevs.push_back(prev);
        continue;
      }
      const auto told = std::find_if(told_.begin(), told_.end(),
                                     [&](const ToldState& state) { return state.after == id; });
      if (told == told_.end()) {
        missing.missing_prevs.push_back(id);
        continue;
      }
      PARLEY_TRY(StateDelta delta, DeltaOf(graph, told->state));
      past.told.push_back(std::move(delta));
    }
    for (const EventId& id : pdu.auth_events) {
      PARLEY_TRY(const GraphEvent* found, graph.Lookup(id));
      if (found == nullptr) missing.missing_auth.push_back(id);
    }
    return past;
  }

  // Entries whose event is not here, or rejected, count as told not at all.
  static absl::StatusOr<StateDelta> DeltaOf(GraphState& graph, const event::StateMap& state) {
    StateDelta delta;
    for (const auto& [tuple, id] : state) {
      PARLEY_TRY(const GraphEvent* event, graph.Lookup(id));
      if (event == nullptr || event->Is(kRejected) ||
          !event->pdu->IsState(tuple.type, tuple.state_key))
        continue;
      if (graph.PositionIn({}, tuple) != event->pos) delta[tuple] = event->pos;
    }
    for (auto& [tuple, nothing] : graph.Empty()) {
      if (!state.contains(tuple)) delta[tuple] = nothing;
    }
    return delta;
  }

  const Context& context_;
  Standings& standings_;
  const rpc::Call& call_;
  const std::string& room_id_;
  const std::vector<ToldState>& told_;
  const bool relayed_;
  std::unique_ptr<RoomWrite> write_;
  size_t pending_ = 0;
  std::vector<event::PduPtr> held_;
};

absl::Mutex& Settler::InboxOf(std::string_view room_id) {
  return inboxes_[absl::HashOf(room_id) % inboxes_.size()];
}

absl::StatusOr<std::vector<Settled>> Settler::Settle(const rpc::Call& call,
                                                     const std::string& room_id,
                                                     const std::vector<event::VerifiedPdu>& events,
                                                     const std::vector<ToldState>& told,
                                                     bool relayed) {
  absl::MutexLock lock(&InboxOf(room_id));
  std::vector<Settled> results(events.size());
  const auto done = Retry(call, [&]() -> absl::StatusOr<bool> {
    Session session(context_, standings_, call, room_id, told, relayed);
    std::vector<size_t> open = ByDepth(events);
    // What was missing may have come with one behind it: as long as that goes on.
    for (size_t before = open.size() + 1; open.size() < before;) {
      before = open.size();
      std::vector<size_t> still_open;
      for (const size_t i : open) {
        PARLEY_TRY(results[i], session.Take(events[i]));
        if (results[i].kind == Settled::Kind::kMissing) still_open.push_back(i);
      }
      open = std::move(still_open);
    }
    PARLEY_RETURN_IF_ERROR(session.Commit());
    return true;
  });
  PARLEY_RETURN_IF_ERROR(done.status());
  return results;
}

absl::Status Settler::SettleAndPassOn(const rpc::Call& call, const event::VerifiedPdu& event) {
  PARLEY_TRY(const std::vector<Settled> settled,
             Settle(call, event->room_id.str(), {event}, {}, true));
  switch (settled.front().kind) {
    case Settled::Kind::kHidden:
      return Forbidden("The room does not allow this event");
    case Settled::Kind::kMissing:
      return InvalidParam("The event stands on events that are not known here");
    default:
      return absl::OkStatus();
  }
}

absl::StatusOr<size_t> Settler::SettleHistory(const rpc::Call& call, const std::string& room_id,
                                              const std::vector<event::VerifiedPdu>& events,
                                              const std::vector<ToldState>& told,
                                              const EventId& before) {
  absl::MutexLock lock(&InboxOf(room_id));
  Session session(context_, standings_, call, room_id, told);
  PARLEY_TRY(const RoomPtr room, context_.rooms.Get(room_id));
  std::optional<EventRow> end;
  RoomOrder floor = kFirstOrder;
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    PARLEY_TRY(end, FindEvent(db, room->partition, before.str()));
    if (!end) return absl::OkStatus();
    return ScanBackwards(db, room->partition, room->nid, end->ord - 1, 1, [&](const EventRow& row) {
      floor = row.ord;
      return false;
    });
  }));
  if (!end) return absl::NotFoundError("there is no such event");
  size_t added = 0;
  const RoomOrder first = end->ord - static_cast<RoomOrder>(events.size());
  for (size_t i = 0; i < events.size(); ++i) {
    if (first + static_cast<RoomOrder>(i) <= floor) continue;
    PARLEY_TRY(const Settled settled,
               session.TakeHistory(events[i], first + static_cast<RoomOrder>(i)));
    added += settled.kind == Settled::Kind::kAccepted || settled.kind == Settled::Kind::kHidden;
  }
  PARLEY_RETURN_IF_ERROR(session.Commit());
  if (added > 0) PARLEY_RETURN_IF_ERROR(CloseGap(*room, *end));
  return added;
}

// If nothing is missing before the event any more.
absl::Status Settler::CloseGap(const Room& room, const EventRow& end) {
  PARLEY_TRY(const event::PduPtr pdu,
             event::LoadPdu(end.pdu, EventId::Trusted(end.event_id), *room.version));
  bool closed = true;
  PARLEY_RETURN_IF_ERROR(context_.store.Read([&](store::Reader& db) -> absl::Status {
    for (const EventId& id : pdu->prev_events) {
      PARLEY_TRY(const auto prev, FindEvent(db, room.partition, id.str()));
      closed &= prev && (prev->flags & kOutlier) == 0;
    }
    return absl::OkStatus();
  }));
  if (!closed) return absl::OkStatus();
  return context_.streams.For(room.partition).CommitQuietly([&](store::Batch& batch) {
    events::PlaceEvent(batch, room.partition, end.pos, end.ord, end.flags & ~uint32_t{kAfterGap});
  });
}

absl::Status Settler::StoreOutliers(const rpc::Call& call, const std::string& room_id,
                                    const std::vector<event::VerifiedPdu>& events) {
  absl::MutexLock lock(&InboxOf(room_id));
  const auto done = Retry(call, [&]() -> absl::StatusOr<bool> {
    static const std::vector<ToldState> kNothingTold;
    Session session(context_, standings_, call, room_id, kNothingTold);
    std::vector<size_t> open = ByDepth(events);
    for (size_t before = open.size() + 1; open.size() < before;) {
      before = open.size();
      std::vector<size_t> still_open;
      for (const size_t i : open) {
        bool added = false;
        PARLEY_RETURN_IF_ERROR(session.TakeOutlier(events[i], added));
        if (!added) still_open.push_back(i);
      }
      open = std::move(still_open);
    }
    PARLEY_RETURN_IF_ERROR(session.Commit());
    return true;
  });
  return done.status();
}

}  // namespace parley::events
