#include <algorithm>

#include <absl/container/flat_hash_set.h>

#include "common/event/event_types.h"
#include "common/event/membership.h"
#include "common/event/state_conflict.h"

// State resolution v2 (room versions 2 to 11) and v2.1 (room version 12).
namespace parley::event {
namespace {

using Node = AuthGraph::Node;

struct Split {
  StateMap unconflicted;
  std::vector<std::vector<Node>> conflicted;  // by state
};

bool IsEverywhere(absl::Span<const StateMap* const> states, const StateTuple& tuple,
                  const EventId& id) {
  return std::all_of(states.begin(), states.end(), [&](const StateMap* state) {
    const auto it = state->find(tuple);
    return it != state->end() && it->second == id;
  });
}

Split SplitStates(absl::Span<const StateMap* const> states, AuthGraph& graph) {
  Split split;
  for (const StateMap* state : states) {
    std::vector<Node>& conflicted = split.conflicted.emplace_back();
    for (const auto& [tuple, id] : *state) {
      if (split.unconflicted.contains(tuple)) continue;
      if (IsEverywhere(states, tuple, id)) {
        split.unconflicted.emplace(tuple, id);
      } else {
        conflicted.push_back(graph.NodeOf(id));
      }
    }
  }
  return split;
}

bool IsPowerEvent(const Pdu& event) {
  if (!event.IsState()) return false;
  if (event.type == kPowerLevels || event.type == kJoinRules) return true;
  if (event.type != kMember || event.state_key == event.sender.str()) return false;
  const std::string_view membership = MembershipText(event);
  return membership == "leave" || membership == "ban";
}

class ResolutionV2 {
 public:
  ResolutionV2(const RoomVersion& version, AuthGraph& graph, EventCache& events)
      : version_(version), graph_(graph), events_(events) {}

  StateMap Run(absl::Span<const StateMap* const> states) {
    const Split split = SplitStates(states, graph_);
    if (std::all_of(split.conflicted.begin(), split.conflicted.end(),
                    [](const auto& set) { return set.empty(); })) {
      return split.unconflicted;
    }
    FindFullConflictedSet(split);
    if (version_.state_resolution == StateResolution::kV2) resolved_ = split.unconflicted;
    const absl::flat_hash_set<Node> powerful = SelectPowerEvents();
    Apply(SortByPower(EventsOf(powerful), events_));
    Apply(SortByMainline(Remaining(powerful), FindResolved(kPowerLevels, ""), events_));
    for (const auto& [tuple, id] : split.unconflicted) resolved_[tuple] = id;
    return std::move(resolved_);
  }

 private:
  void FindFullConflictedSet(const Split& split) {
    std::vector<Node> common;
    for (const auto& [tuple, id] : split.unconflicted) common.push_back(graph_.NodeOf(id));
    std::vector<Node> conflicted;
    for (const auto& set : split.conflicted)
      conflicted.insert(conflicted.end(), set.begin(), set.end());
    full_conflicted_.insert(conflicted.begin(), conflicted.end());
    for (const Node node : graph_.ChainDifference(split.conflicted, common))
      full_conflicted_.insert(node);
    if (version_.state_resolution != StateResolution::kV2_1) return;
    for (const Node node : graph_.PathsBetween(conflicted)) full_conflicted_.insert(node);
  }

  // The power events, and what they rest on, of the full conflicted set.
  absl::flat_hash_set<Node> SelectPowerEvents() {
    std::vector<Node> power_events;
    for (const Node node : full_conflicted_) {
      const Pdu* event = events_.Find(graph_.IdOf(node));
      if (event != nullptr && IsPowerEvent(*event)) power_events.push_back(node);
    }
    absl::flat_hash_set<Node> selected(power_events.begin(), power_events.end());
    for (const Node node : graph_.ChainOf(power_events)) {
      if (full_conflicted_.contains(node)) selected.insert(node);
    }
    return selected;
  }

  std::vector<const Pdu*> EventsOf(const absl::flat_hash_set<Node>& nodes) {
    std::vector<const Pdu*> events;
    for (const Node node : nodes) {
      const Pdu* event = events_.Find(graph_.IdOf(node));
      if (event != nullptr && event->IsState()) events.push_back(event);
    }
    return events;
  }

  std::vector<const Pdu*> Remaining(const absl::flat_hash_set<Node>& done) {
    absl::flat_hash_set<Node> rest;
    for (const Node node : full_conflicted_) {
      if (!done.contains(node)) rest.insert(node);
    }
    return EventsOf(rest);
  }

  // "Iterative auth checks".
  void Apply(const std::vector<const Pdu*>& sorted) {
    for (const Pdu* event : sorted) {
      const auto find = [&](std::string_view type, std::string_view key) {
        const Pdu* found = FindResolved(type, key);
        if (found != nullptr) return found;
        return FindAmongAuthEvents(*event, type, key, events_, Rejected::kLeftOut);
      };
      if (CheckAuthRules(*event, find).allowed) {
        resolved_[StateTuple{event->type, *event->state_key}] = event->event_id;
      }
    }
  }

  const Pdu* FindResolved(std::string_view type, std::string_view key) {
    const auto it = resolved_.find(StateTuple{std::string(type), std::string(key)});
    return it == resolved_.end() ? nullptr : events_.Find(it->second, Rejected::kLeftOut);
  }

  const RoomVersion& version_;
  AuthGraph& graph_;
  EventCache& events_;
  StateMap resolved_;
  absl::flat_hash_set<Node> full_conflicted_;
};

}  // namespace

StateMap ResolveV2(const RoomVersion& version, absl::Span<const StateMap* const> states,
                   AuthGraph& graph, EventCache& events) {
  return ResolutionV2(version, graph, events).Run(states);
}

}  // namespace parley::event
