#pragma once

#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/types/span.h>

#include "common/event/auth_graph.h"
#include "common/event/room_version.h"
#include "common/event/state_tuple.h"

namespace parley::event {

// The one state that several states of a room resolve to, by the algorithm of its version: v1, v2
// or v2.1. A function of the set of states: their order does not matter, and one state resolves to
// itself. Room versions 1, 2 and 12, "State resolution".
//
// Reads the conflicting events and, from v2 on, what their auth chains differ in; of the rest only
// the shape of the auth graph, and that only if the chains differ. Events that are not to be had
// are left out.
StateMap ResolveState(const RoomVersion& version, absl::Span<const StateMap* const> states,
                      AuthGraph& graph);

// Several states of a room, told by what they differ in: what a resolution costs then depends on
// that and not on the size of the room.
struct StateConflict {
  // Of each state, its entries of those that are not the same in all of them.
  absl::Span<const StateMap> differing;
  // The entry that all states agree in; null if there is none. It may return null for entries of
  // `differing`.
  absl::FunctionRef<const EventId*(const StateTuple&)> agreed;
  // Every entry that all states agree in. Asked only when the auth chains differ in what agreed()
  // does not explain.
  absl::FunctionRef<std::vector<EventId>()> all_agreed;
};

// ResolveState for the entries of `differing`; those that end up with nothing are left out.
StateMap ResolveConflict(const RoomVersion& version, const StateConflict& conflict,
                         AuthGraph& graph);

}  // namespace parley::event
