#pragma once

#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/types/span.h>

#include "common/event/auth_graph.h"
#include "common/event/auth_rules.h"
#include "common/event/state_res.h"
#include "common/event/state_tuple.h"

// Internal to common/event: what the three resolution algorithms share.
namespace parley::event {

enum class Rejected { kIncluded, kLeftOut };

// Events by id, each asked for once.
class EventCache {
 public:
  explicit EventCache(EventSource& source) : source_(source) {}
  // Null if it is not to be had.
  const Pdu* Find(const EventId& id, Rejected rejected = Rejected::kIncluded);

 private:
  EventSource& source_;
  absl::flat_hash_map<EventId, PduPtr> events_;
};

// The auth event of `event` that holds (type, state_key), if it names one. From v12 the create
// event is found by the room's id.
const Pdu* FindAmongAuthEvents(const Pdu& event, std::string_view type, std::string_view state_key,
                               EventCache& events, Rejected rejected);

StateMap ResolveV1(const StateConflict& conflict, EventCache& events);
StateMap ResolveV2(const RoomVersion& version, const StateConflict& conflict, AuthGraph& graph,
                   EventCache& events);

// Earliest first: "reverse topological power ordering".
std::vector<const Pdu*> SortByPower(const std::vector<const Pdu*>& set, EventCache& events);
// Earliest first: "mainline ordering" based on `power_levels`, which may be null.
std::vector<const Pdu*> SortByMainline(const std::vector<const Pdu*>& set, const Pdu* power_levels,
                                       EventCache& events);

}  // namespace parley::event
