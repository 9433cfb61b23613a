#pragma once

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

}  // namespace parley::event
