#include "services/events/graph/graph_state.h"

#include <algorithm>

#include <absl/container/flat_hash_set.h>

#include "common/event/state_res.h"
#include "common/status/macros.h"
#include "common/store/store.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

event::StateTuple TupleOf(const event::Pdu& pdu) {
  return {pdu.type, *pdu.state_key};
}

// Forks of forks that are followed; more are never written.
constexpr int kMaxForks = 1000;

}  // namespace

GraphState::GraphState(store::Reader& db, Room& room, Standings& standings)
    : db_(db), room_(room), standings_(standings), graph_(*this) {}

void GraphState::SetNew(const event::PduPtr& event, uint32_t flags) {
  auto kept = std::make_unique<GraphEvent>(GraphEvent{kNewPosition, 0, flags, event});
  by_id_[event->event_id] = kept.get();
  by_pos_[kNewPosition] = std::move(kept);
}

const GraphEvent* GraphState::Keep(EventRow row) {
  if (row.room != room_.nid) return nullptr;
  auto pdu =
      event::LoadPdu(std::move(row.pdu), EventId::Trusted(std::move(row.event_id)), *room_.version);
  if (!pdu.ok()) {
    status_.Update(pdu.status());
    return nullptr;
  }
  auto kept =
      std::make_unique<GraphEvent>(GraphEvent{row.pos, row.ord, row.flags, *std::move(pdu)});
  const GraphEvent* event = kept.get();
  by_id_[event->pdu->event_id] = event;
  by_pos_[event->pos] = std::move(kept);
  return event;
}

absl::StatusOr<const GraphEvent*> GraphState::Lookup(const EventId& id) {
  if (const auto found = by_id_.find(id); found != by_id_.end()) return found->second;
  PARLEY_TRY(std::optional<EventRow> row, FindEvent(db_, room_.partition, id.str()));
  if (!row) return nullptr;
  if (const auto found = by_pos_.find(row->pos); found != by_pos_.end()) return found->second.get();
  return Keep(*std::move(row));
}

absl::StatusOr<const GraphEvent*> GraphState::At(int64_t pos) {
  if (const auto found = by_pos_.find(pos); found != by_pos_.end()) return found->second.get();
  PARLEY_TRY(std::optional<EventRow> row, ReadEvent(db_, room_.partition, pos));
  const GraphEvent* event = row ? Keep(*std::move(row)) : nullptr;
  if (event == nullptr) return absl::DataLossError("a state event is not in the store");
  return event;
}

event::PduPtr GraphState::Find(const EventId& id) {
  const auto found = Lookup(id);
  status_.Update(found.status());
  return found.ok() && *found != nullptr ? (*found)->pdu : nullptr;
}

bool GraphState::IsRejected(const EventId& id) {
  const auto found = Lookup(id);
  status_.Update(found.status());
  return !found.ok() || *found == nullptr || (*found)->Is(kRejected);
}

int64_t GraphState::InForce(const event::StateTuple& tuple) const {
  const std::optional<StateRow> row = room_.state.Find(tuple.type, tuple.state_key);
  return row ? row->event_pos : 0;
}

int64_t GraphState::PositionIn(const StateDelta& delta, const event::StateTuple& tuple) const {
  const auto found = delta.find(tuple);
  return found == delta.end() ? InForce(tuple) : found->second;
}

absl::StatusOr<const event::Pdu*> GraphState::EventIn(const StateDelta& delta,
                                                      std::string_view type,
                                                      std::string_view state_key) {
  const int64_t pos = PositionIn(delta, {std::string(type), std::string(state_key)});
  if (pos == 0) return nullptr;
  PARLEY_TRY(const GraphEvent* event, At(pos));
  return event->pdu.get();
}

void GraphState::Overlay(StateDelta& delta, event::StateTuple tuple, int64_t pos) const {
  if (pos == InForce(tuple)) {
    delta.erase(tuple);
  } else {
    delta[std::move(tuple)] = pos;
  }
}

absl::Status GraphState::OverlayEvent(StateDelta& delta, const GraphEvent& event) const {
  if (event.pdu->IsState() && !event.Is(kRejected)) Overlay(delta, TupleOf(*event.pdu), event.pos);
  return absl::OkStatus();
}

absl::StatusOr<const GraphEvent*> GraphState::Extremity(const event::PduPtr& extremity) {
  if (const auto found = by_id_.find(extremity->event_id); found != by_id_.end())
    return found->second;
  std::optional<Standing> standing = standings_.Find(extremity->event_id);
  if (!standing) {
    PARLEY_TRY(const auto row, FindEvent(db_, room_.partition, extremity->event_id.str()));
    if (!row) return absl::DataLossError("a forward extremity is not in the store");
    standing = {row->pos, row->ord, row->flags};
    standings_.Remember(extremity->event_id, *standing);
  }
  auto kept = std::make_unique<GraphEvent>(
      GraphEvent{standing->pos, standing->ord, standing->flags, extremity});
  const GraphEvent* event = kept.get();
  by_id_[extremity->event_id] = event;
  by_pos_[event->pos] = std::move(kept);
  return event;
}

absl::StatusOr<StateDelta> GraphState::OnLine(int64_t pos) {
  StateDelta delta;
  if (pos >= unchanged_since_) return delta;
  PARLEY_TRY(const auto rows, StateDifference(db_, room_.partition, room_.nid, pos));
  if (rows.empty()) unchanged_since_ = pos;
  for (const StateRow& row : rows) Overlay(delta, {row.type, row.state_key}, row.event_pos);
  return delta;
}

absl::StatusOr<StateDelta> GraphState::OnFork(int64_t pos) {
  std::vector<ForkRow> forks;
  for (int64_t next = pos; next != 0; next = forks.back().parent) {
    PARLEY_TRY(const auto fork, FindFork(db_, room_.partition, next));
    if (!fork || forks.size() == kMaxForks)
      return absl::DataLossError("an event's fork is not in the store");
    forks.push_back(*fork);
  }
  PARLEY_TRY(StateDelta delta, OnLine(forks.back().line));
  for (auto fork = forks.rbegin(); fork != forks.rend(); ++fork) {
    PARLEY_TRY(const auto rows, ForkStates(db_, room_.partition, fork->pos));
    for (const ForkStateRow& row : rows) Overlay(delta, {row.type, row.state_key}, row.event_pos);
    if (fork->pos == pos) break;
    PARLEY_TRY(const GraphEvent* event, At(fork->pos));
    PARLEY_RETURN_IF_ERROR(OverlayEvent(delta, *event));
  }
  return delta;
}

StateDelta GraphState::Empty() const {
  StateDelta delta;
  for (const StateRow& row : room_.state.Rows()) delta[{row.type, row.state_key}] = 0;
  return delta;
}

absl::StatusOr<StateDelta> GraphState::Before(const GraphEvent& event) {
  if (event.Is(kOutlier)) return absl::InternalError("nobody knows the state before an outlier");
  return event.Is(kOffLine) ? OnFork(event.pos) : OnLine(LinePosition(event) - 1);
}

absl::StatusOr<StateDelta> GraphState::After(const GraphEvent& event) {
  if (!event.Is(kOffLine) && !event.Is(kOutlier)) return OnLine(LinePosition(event));
  PARLEY_TRY(StateDelta delta, Before(event));
  PARLEY_RETURN_IF_ERROR(OverlayEvent(delta, event));
  return delta;
}

absl::StatusOr<std::optional<ForkRow>> GraphState::ForkOf(const GraphEvent& event) {
  return FindFork(db_, room_.partition, event.pos);
}

absl::StatusOr<bool> GraphState::HasDifferences(const GraphEvent& event) {
  PARLEY_TRY(const auto rows, ForkStates(db_, room_.partition, event.pos));
  return !rows.empty();
}

absl::StatusOr<int64_t> GraphState::Head() {
  PARLEY_TRY(const store::StreamState stream, store::ReadStream(db_, kStream, room_.partition));
  return stream.head;
}

absl::StatusOr<StateDelta> GraphState::Resolve(absl::Span<const StateDelta> states) {
  if (states.empty()) return absl::InternalError("nothing to resolve");
  StateDelta agreed;
  std::vector<event::StateMap> differing(states.size());
  bool disputed = false;
  absl::flat_hash_set<event::StateTuple> seen;
  for (const StateDelta& state : states) {
    for (const auto& [tuple, pos] : state) {
      if (!seen.insert(tuple).second) continue;
      const bool is_agreed =
          std::all_of(states.begin(), states.end(),
                      [&](const StateDelta& other) { return PositionIn(other, tuple) == pos; });
      if (is_agreed) {
        agreed[tuple] = pos;
        continue;
      }
      disputed = true;
      for (size_t i = 0; i < states.size(); ++i) {
        const int64_t there = PositionIn(states[i], tuple);
        if (there == 0) continue;
        PARLEY_TRY(const GraphEvent* event, At(there));
        differing[i].emplace(tuple, event->pdu->event_id);
      }
    }
  }
  if (!disputed) return agreed;
  return ResolveDisputed(std::move(differing), std::move(agreed));
}

absl::StatusOr<StateDelta> GraphState::ResolveDisputed(std::vector<event::StateMap> differing,
                                                       StateDelta agreed) {
  const auto is_disputed = [&](const event::StateTuple& tuple) {
    return std::any_of(differing.begin(), differing.end(),
                       [&](const event::StateMap& state) { return state.contains(tuple); });
  };
  const auto find_agreed = [&](const event::StateTuple& tuple) -> const EventId* {
    if (is_disputed(tuple)) return nullptr;
    const int64_t pos = PositionIn(agreed, tuple);
    if (pos == 0) return nullptr;
    const auto event = At(pos);
    status_.Update(event.status());
    return event.ok() ? &(*event)->pdu->event_id : nullptr;
  };
  const auto all_agreed = [&]() {
    auto all = AllAgreed(differing, agreed);
    status_.Update(all.status());
    return all.ok() ? *std::move(all) : std::vector<EventId>();
  };
  const event::StateMap resolved =
      event::ResolveConflict(*room_.version, {differing, find_agreed, all_agreed}, graph_);
  PARLEY_RETURN_IF_ERROR(status_);
  StateDelta result = std::move(agreed);
  for (const event::StateMap& state : differing) {
    for (const auto& [tuple, id] : state) {
      const auto winner = resolved.find(tuple);
      int64_t pos = 0;
      if (winner != resolved.end()) {
        PARLEY_TRY(const GraphEvent* event, Lookup(winner->second));
        pos = event->pos;
      }
      Overlay(result, tuple, pos);
    }
  }
  return result;
}

absl::StatusOr<std::vector<EventId>> GraphState::AllAgreed(
    absl::Span<const event::StateMap> differing, const StateDelta& agreed) {
  StateDelta all = agreed;
  for (const StateRow& row : room_.state.Rows())
    all.try_emplace({row.type, row.state_key}, row.event_pos);
  std::vector<EventId> ids;
  for (const auto& [tuple, pos] : all) {
    const bool is_disputed = std::any_of(
        differing.begin(), differing.end(),
        [&tuple = tuple](const event::StateMap& state) { return state.contains(tuple); });
    if (pos == 0 || is_disputed) continue;
    PARLEY_TRY(const GraphEvent* event, At(pos));
    ids.push_back(event->pdu->event_id);
  }
  return ids;
}

}  // namespace parley::events
