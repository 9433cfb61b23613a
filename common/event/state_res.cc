#include "common/event/state_res.h"

#include "common/event/event_types.h"
#include "common/event/state_conflict.h"

namespace parley::event {

const Pdu* EventCache::Find(const EventId& id, Rejected rejected) {
  const auto [it, is_new] = events_.try_emplace(id);
  if (is_new) it->second = source_.Find(id);
  if (it->second == nullptr || rejected == Rejected::kIncluded) return it->second.get();
  return source_.IsRejected(id) ? nullptr : it->second.get();
}

const Pdu* FindAmongAuthEvents(const Pdu& event, std::string_view type, std::string_view state_key,
                               EventCache& events, Rejected rejected) {
  if (type == kCreate && !event.version->create_in_auth_events) {
    return events.Find(EventId::Trusted("$" + event.room_id.str().substr(1)), rejected);
  }
  for (const EventId& id : event.auth_events) {
    const Pdu* auth_event = events.Find(id, rejected);
    if (auth_event != nullptr && auth_event->IsState(type, state_key)) return auth_event;
  }
  return nullptr;
}

StateMap ResolveState(const RoomVersion& version, absl::Span<const StateMap* const> states,
                      AuthGraph& graph) {
  if (states.empty()) return {};
  if (states.size() == 1) return *states[0];
  EventCache events(graph.source());
  if (version.state_resolution == StateResolution::kV1) return ResolveV1(states, events);
  return ResolveV2(version, states, graph, events);
}

}  // namespace parley::event
