#include "services/events/graph/place.h"

#include <algorithm>

#include <absl/container/flat_hash_set.h>

#include "common/event/auth_rules.h"
#include "common/event/authorise.h"
#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

// After so many events upon each other a fork's state is written in full, so that reading one stays
// bounded.
constexpr int64_t kMaxDepth = 32;
// Rejected and soft-failed events that are looked through for the extremities they stand on.
constexpr size_t kMaxLookedThrough = 200;

class Placing {
 public:
  Placing(GraphState& graph, const event::VerifiedPdu& event, const Past& past)
      : graph_(graph), room_(graph.room()), event_(event), past_(past) {}

  absl::StatusOr<Placed> Run(bool is_history) {
    placed_.pdu = event_.pdu();
    PARLEY_TRY(before_, StateBefore());
    PARLEY_RETURN_IF_ERROR(Judge(is_history));
    if (is_history) placed_.flags |= kBackfilled | kOffLine;
    if (!before_.empty()) placed_.flags |= kOffLine;
    if (!is_history && !placed_.IsHidden()) PARLEY_RETURN_IF_ERROR(ComeIntoForce());
    if ((placed_.flags & kOffLine) != 0) PARLEY_RETURN_IF_ERROR(WriteFork());
    return std::move(placed_);
  }

 private:
  absl::StatusOr<StateDelta> StateBefore() {
    if (event_->prev_events.empty()) return graph_.Empty();
    std::vector<StateDelta> states = past_.told;
    for (const GraphEvent* prev : past_.prevs) {
      PARLEY_TRY(StateDelta after, graph_.After(*prev));
      states.push_back(std::move(after));
    }
    return graph_.Resolve(states);
  }

  // Rejected, soft-failed, or neither.
  absl::Status Judge(bool is_history) {
    PARLEY_TRY(const std::vector<event::AuthEvent> auth_events, AuthEvents());
    PARLEY_TRY(const event::AuthEvent create, Create());
    absl::Status failed;
    const auto find_in = [&](const StateDelta& delta) {
      return [&](std::string_view type, std::string_view key) -> const event::Pdu* {
        const auto found = graph_.EventIn(delta, type, key);
        failed.Update(found.status());
        return found.ok() ? *found : nullptr;
      };
    };
    const auto authorised = event::Authorise(event_, auth_events, create, find_in(before_));
    PARLEY_RETURN_IF_ERROR(failed);
    if (!authorised.ok()) {
      placed_.flags |= kRejected;
      return absl::OkStatus();
    }
    if (is_history || before_.empty()) return absl::OkStatus();
    const StateDelta in_force;
    if (!event::CheckAgainstCurrentState(*authorised, find_in(in_force)).ok())
      placed_.flags |= kSoftFailed;
    return failed;
  }

  absl::StatusOr<std::vector<event::AuthEvent>> AuthEvents() {
    std::vector<event::AuthEvent> auth_events;
    for (const EventId& id : event_->auth_events) {
      PARLEY_TRY(const GraphEvent* found, graph_.Lookup(id));
      if (found == nullptr) return absl::FailedPreconditionError("an auth event is missing");
      auth_events.push_back({found->pdu.get(), found->Is(kRejected)});
    }
    return auth_events;
  }

  absl::StatusOr<event::AuthEvent> Create() {
    PARLEY_TRY(const event::Pdu* create, graph_.EventIn({}, event::kCreate, ""));
    return event::AuthEvent{create, false};
  }

  absl::Status ComeIntoForce() {
    graph_.SetNew(event_.pdu(), placed_.flags);
    StateDelta after = before_;
    if (event_->IsState()) after[{event_->type, *event_->state_key}] = GraphState::kNewPosition;
    PARLEY_TRY(std::vector<event::PduPtr> extremities, OtherExtremities());
    PARLEY_TRY(std::vector<StateDelta> states, StatesAfter(extremities));
    states.push_back(after);
    PARLEY_TRY(const StateDelta now, graph_.Resolve(states));
    if (now != after) placed_.flags |= kOffLine;
    extremities.push_back(event_.pdu());
    placed_.extremities = std::move(extremities);
    return AddChanges(now);
  }

  // Each once that is the one in force: of many forks, most differ in nothing. The oldest first:
  // where nothing has changed since, the rest is known (GraphState).
  absl::StatusOr<std::vector<StateDelta>> StatesAfter(
      const std::vector<event::PduPtr>& extremities) {
    std::vector<const GraphEvent*> found;
    for (const event::PduPtr& extremity : extremities) {
      PARLEY_TRY(const GraphEvent* event, graph_.Extremity(extremity));
      found.push_back(event);
    }
    std::sort(found.begin(), found.end(), [](const GraphEvent* a, const GraphEvent* b) {
      return LinePosition(*a) < LinePosition(*b);
    });
    std::vector<StateDelta> states;
    bool has_in_force = false;
    for (const GraphEvent* event : found) {
      PARLEY_TRY(StateDelta state, graph_.After(*event));
      if (state.empty() && has_in_force) continue;
      has_in_force |= state.empty();
      states.push_back(std::move(state));
    }
    return states;
  }

  absl::Status AddChanges(const StateDelta& now) {
    for (const auto& [tuple, pos] : now) {
      Placed::Change change{tuple, 0, nullptr};
      if (pos == GraphState::kNewPosition) {
        change.pdu = event_.pdu();
      } else if (pos != 0) {
        PARLEY_TRY(const GraphEvent* found, graph_.At(pos));
        change.event_pos = pos;
        change.pdu = found->pdu;
      }
      placed_.changes.push_back(std::move(change));
    }
    const bool in_force =
        event_->IsState() &&
        graph_.PositionIn(now, {event_->type, *event_->state_key}) == GraphState::kNewPosition;
    if (event_->IsState() && !in_force) placed_.flags |= kNotInForce;
    return absl::OkStatus();
  }

  // Those that the event does not stand on. What stands on it in between may be hidden, and is
  // looked through.
  absl::StatusOr<std::vector<event::PduPtr>> OtherExtremities() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    absl::flat_hash_set<EventId> below;
    std::vector<EventId> open(event_->prev_events.begin(), event_->prev_events.end());
    while (!open.empty() && below.size() < kMaxLookedThrough) {
      const EventId id = std::move(open.back());
      open.pop_back();
      if (!below.insert(id).second) continue;
      PARLEY_TRY(const GraphEvent* prev, graph_.Lookup(id));
      if (prev == nullptr || !prev->Is(kRejected | kSoftFailed)) continue;
      open.insert(open.end(), prev->pdu->prev_events.begin(), prev->pdu->prev_events.end());
    }
    std::vector<event::PduPtr> others;
    for (const event::PduPtr& extremity : room_.extremities) {
      if (!below.contains(extremity->event_id)) others.push_back(extremity);
    }
    return others;
  }

  absl::Status WriteFork() {
    if (event_->prev_events.empty()) {
      placed_.fork = ForkRow{};  // nothing was in force at position 0
      return absl::OkStatus();
    }
    if (past_.prevs.size() == 1 && past_.told.empty()) {
      PARLEY_TRY(const bool shared, ShareState(*past_.prevs[0]));
      if (shared) return absl::OkStatus();
    }
    PARLEY_TRY(const int64_t head, graph_.Head());
    placed_.fork = ForkRow{.line = head};
    for (const auto& [tuple, pos] : before_) {
      placed_.differences.push_back({0, tuple.type, tuple.state_key, pos});
    }
    return absl::OkStatus();
  }

  // The state before an event with one prev_event is the one after that.
  absl::StatusOr<bool> ShareState(const GraphEvent& prev) {
    if (!prev.Is(kOffLine)) {
      placed_.fork = ForkRow{.line = LinePosition(prev)};
      return true;
    }
    PARLEY_TRY(std::optional<ForkRow> fork, graph_.ForkOf(prev));
    if (!fork) return absl::DataLossError("an event's fork is not in the store");
    const bool changes_state = prev.pdu->IsState() && !prev.Is(kRejected);
    PARLEY_TRY(const bool differs, graph_.HasDifferences(prev));
    if (!changes_state && !differs) {
      placed_.fork = ForkRow{.line = fork->line, .parent = fork->parent, .depth = fork->depth};
      return true;
    }
    if (fork->depth >= kMaxDepth) return false;
    placed_.fork = ForkRow{.line = fork->line, .parent = prev.pos, .depth = fork->depth + 1};
    return true;
  }

  GraphState& graph_;
  Room& room_;
  const event::VerifiedPdu& event_;
  const Past& past_;
  StateDelta before_;
  Placed placed_;
};

}  // namespace

absl::StatusOr<Placed> PlaceEvent(GraphState& graph, const event::VerifiedPdu& event,
                                  const Past& past, bool is_history) {
  return Placing(graph, event, past).Run(is_history);
}

}  // namespace parley::events
