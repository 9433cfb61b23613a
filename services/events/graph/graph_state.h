#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "common/event/auth_graph.h"
#include "common/event/pdu.h"
#include "common/event/state_tuple.h"
#include "common/store/reader.h"
#include "services/events/graph/standings.h"
#include "services/events/room.h"
#include "services/events/rows.h"

namespace parley::events {

// What a state of a room differs in from the one in force: positions of events; 0: nothing.
using StateDelta = absl::flat_hash_map<event::StateTuple, int64_t>;

// An event of the room as the graph sees it.
struct GraphEvent {
  int64_t pos = 0;
  RoomOrder ord = 0;
  uint32_t flags = 0;
  event::PduPtr pdu;

  bool Is(uint32_t flag) const { return (flags & flag) != 0; }
};

// The states before and after the events of a room, and what they resolve to. Every state is told
// by its difference from the one in force, so that costs follow what is in dispute, not the size of
// the room. Server-server API, "PDUs": "state before the event"; room versions, "State resolution".
//
// For the holder of the room's lane, when all of the room is committed. Threads: one. Lifetime:
// inside one Store::Read.
class GraphState final : public event::EventSource {
 public:
  // Stands for an event that has no position yet.
  static constexpr int64_t kNewPosition = std::numeric_limits<int64_t>::max();

  GraphState(store::Reader& db, Room& room, Standings& standings);

  Room& room() { return room_; }
  // The event that is being given its place; found from now on, at kNewPosition.
  void SetNew(const event::PduPtr& event, uint32_t flags);

  // Null if it is not here. Pointers live as long as this.
  absl::StatusOr<const GraphEvent*> Lookup(const EventId& id);
  absl::StatusOr<const GraphEvent*> At(int64_t pos);
  // The same for a forward extremity, which is here: in most cases without asking the store.
  absl::StatusOr<const GraphEvent*> Extremity(const event::PduPtr& extremity);

  // A state with nothing in it.
  StateDelta Empty() const;
  // Not of outliers: nobody knows their state.
  absl::StatusOr<StateDelta> Before(const GraphEvent& event);
  absl::StatusOr<StateDelta> After(const GraphEvent& event);
  absl::StatusOr<StateDelta> Resolve(absl::Span<const StateDelta> states);

  // What is written of an event of kOffLine.
  absl::StatusOr<std::optional<ForkRow>> ForkOf(const GraphEvent& event);
  absl::StatusOr<bool> HasDifferences(const GraphEvent& event);
  // The last committed position of the room's partition: what is in force was so then.
  absl::StatusOr<int64_t> Head();

  // The position of what `delta` has for an entry, or what is in force; 0 if there is nothing.
  int64_t PositionIn(const StateDelta& delta, const event::StateTuple& tuple) const;
  // The event there; null if there is none.
  absl::StatusOr<const event::Pdu*> EventIn(const StateDelta& delta, std::string_view type,
                                            std::string_view state_key);

  event::PduPtr Find(const EventId& id) override;
  bool IsRejected(const EventId& id) override;

 private:
  const GraphEvent* Keep(EventRow row);
  // State after position `pos` of the line.
  absl::StatusOr<StateDelta> OnLine(int64_t pos);
  absl::StatusOr<StateDelta> OnFork(int64_t pos);
  int64_t InForce(const event::StateTuple& tuple) const;
  void Overlay(StateDelta& delta, event::StateTuple tuple, int64_t pos) const;
  absl::Status OverlayEvent(StateDelta& delta, const GraphEvent& event) const;
  absl::StatusOr<StateDelta> ResolveDisputed(std::vector<event::StateMap> differing,
                                             StateDelta agreed);
  absl::StatusOr<std::vector<EventId>> AllAgreed(absl::Span<const event::StateMap> differing,
                                                 const StateDelta& agreed);

  store::Reader& db_;
  Room& room_;
  Standings& standings_;
  // Nothing came into force behind this position.
  int64_t unchanged_since_ = std::numeric_limits<int64_t>::max();
  event::AuthGraph graph_;
  absl::flat_hash_map<int64_t, std::unique_ptr<GraphEvent>> by_pos_;
  absl::flat_hash_map<EventId, const GraphEvent*> by_id_;
  absl::Status status_;  // of what EventSource can't tell
};

}  // namespace parley::events
