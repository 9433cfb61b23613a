#pragma once

#include <optional>
#include <vector>

#include <absl/status/statusor.h>

#include "common/event/received_pdu.h"
#include "services/events/graph/graph_state.h"
#include "services/events/graph/placed.h"

namespace parley::events {

// What an event's prev_events say of the state before it.
struct Past {
  std::vector<const GraphEvent*> prevs;  // those that are here; never outliers
  // States after the others, as another server told them.
  std::vector<StateDelta> told;
};

// Checks 4 to 6 on receipt of a PDU, and where the event then stands: its state before, what it
// does to the state in force and to the forward extremities, whether it is rejected or soft-failed
// (flags). Its auth events must all be here. Past events (`is_history`) change nothing.
absl::StatusOr<Placed> PlaceEvent(GraphState& graph, const event::VerifiedPdu& event,
                                  const Past& past, bool is_history = false);

}  // namespace parley::events
