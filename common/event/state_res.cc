#include "common/event/state_res.h"

#include <algorithm>

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

namespace {

struct Split {
  StateMap agreed;
  std::vector<StateMap> differing;  // by state
};

bool IsEverywhere(absl::Span<const StateMap* const> states, const StateTuple& tuple,
                  const EventId& id) {
  return std::all_of(states.begin(), states.end(), [&](const StateMap* state) {
    const auto it = state->find(tuple);
    return it != state->end() && it->second == id;
  });
}

Split SplitStates(absl::Span<const StateMap* const> states) {
  Split split;
  for (const StateMap* state : states) {
    StateMap& differing = split.differing.emplace_back();
    for (const auto& [tuple, id] : *state) {
      if (split.agreed.contains(tuple)) continue;
      (IsEverywhere(states, tuple, id) ? split.agreed : differing).emplace(tuple, id);
    }
  }
  return split;
}

}  // namespace

StateMap ResolveConflict(const RoomVersion& version, const StateConflict& conflict,
                         AuthGraph& graph) {
  EventCache events(graph.source());
  StateMap resolved = version.state_resolution == StateResolution::kV1
                          ? ResolveV1(conflict, events)
                          : ResolveV2(version, conflict, graph, events);
  absl::erase_if(resolved, [&](const auto& entry) {
    return std::none_of(conflict.differing.begin(), conflict.differing.end(),
                        [&](const StateMap& state) { return state.contains(entry.first); });
  });
  return resolved;
}

StateMap ResolveState(const RoomVersion& version, absl::Span<const StateMap* const> states,
                      AuthGraph& graph) {
  if (states.empty()) return {};
  if (states.size() == 1) return *states[0];
  Split split = SplitStates(states);
  const auto agreed = [&split](const StateTuple& tuple) -> const EventId* {
    const auto it = split.agreed.find(tuple);
    return it == split.agreed.end() ? nullptr : &it->second;
  };
  const auto all_agreed = [&split] {
    std::vector<EventId> ids;
    for (const auto& [tuple, id] : split.agreed) ids.push_back(id);
    return ids;
  };
  StateMap resolved = ResolveConflict(version, {split.differing, agreed, all_agreed}, graph);
  for (auto& [tuple, id] : split.agreed) resolved[tuple] = std::move(id);
  return resolved;
}

}  // namespace parley::event
