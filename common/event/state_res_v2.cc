#include <algorithm>

#include <absl/container/flat_hash_set.h>

#include "common/event/event_types.h"
#include "common/event/membership.h"
#include "common/event/state_conflict.h"

// State resolution v2 (room versions 2 to 11) and v2.1 (room version 12).
namespace parley::event {
namespace {

using Node = AuthGraph::Node;

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

  StateMap Run(const StateConflict& conflict) {
    conflict_ = &conflict;
    FindFullConflictedSet();
    if (full_conflicted_.empty()) return {};
    const absl::flat_hash_set<Node> powerful = SelectPowerEvents();
    Apply(SortByPower(EventsOf(powerful), events_));
    Apply(SortByMainline(Remaining(powerful), FindResolved(kPowerLevels, ""), events_));
    return std::move(resolved_);
  }

 private:
  void FindFullConflictedSet() {
    std::vector<std::vector<Node>> sets;
    std::vector<Node> conflicted;
    for (const StateMap& state : conflict_->differing) {
      std::vector<Node>& set = sets.emplace_back();
      for (const auto& [tuple, id] : state) set.push_back(graph_.NodeOf(id));
      conflicted.insert(conflicted.end(), set.begin(), set.end());
    }
    if (conflicted.empty()) return;
    full_conflicted_.insert(conflicted.begin(), conflicted.end());
    for (const Node node : AuthDifference(sets)) full_conflicted_.insert(node);
    if (version_.state_resolution != StateResolution::kV2_1) return;
    for (const Node node : graph_.PathsBetween(conflicted)) full_conflicted_.insert(node);
  }

  // What all states agree in is, with all that it rests on, in each of their chains. Mostly a few
  // such events explain all that the chains of the rest differ in; only if they don't, all are
  // looked at.
  absl::flat_hash_set<Node> AuthDifference(const std::vector<std::vector<Node>>& sets) {
    const std::vector<Node> found = graph_.ChainDifference(sets, {});
    absl::flat_hash_set<Node> difference(found.begin(), found.end());
    std::vector<Node> common;
    for (const Node node : found) {
      if (IsAgreed(node)) common.push_back(node);
    }
    for (const Node node : common) difference.erase(node);
    graph_.TakeAwayChains(common, difference);
    if (difference.empty()) return difference;
    common.clear();
    for (const EventId& id : conflict_->all_agreed()) common.push_back(graph_.NodeOf(id));
    for (const Node node : common) difference.erase(node);
    graph_.TakeAwayChains(common, difference);
    return difference;
  }

  bool IsAgreed(Node node) {
    const Pdu* event = events_.Find(graph_.IdOf(node));
    if (event == nullptr || !event->IsState()) return false;
    const EventId* agreed = conflict_->agreed({event->type, *event->state_key});
    return agreed != nullptr && *agreed == event->event_id;
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
    const StateTuple tuple{std::string(type), std::string(key)};
    const auto it = resolved_.find(tuple);
    if (it != resolved_.end()) return events_.Find(it->second, Rejected::kLeftOut);
    if (version_.state_resolution != StateResolution::kV2) return nullptr;
    const EventId* agreed = conflict_->agreed(tuple);
    return agreed == nullptr ? nullptr : events_.Find(*agreed, Rejected::kLeftOut);
  }

  const RoomVersion& version_;
  AuthGraph& graph_;
  EventCache& events_;
  const StateConflict* conflict_ = nullptr;
  StateMap resolved_;
  absl::flat_hash_set<Node> full_conflicted_;
};

}  // namespace

StateMap ResolveV2(const RoomVersion& version, const StateConflict& conflict, AuthGraph& graph,
                   EventCache& events) {
  return ResolutionV2(version, graph, events).Run(conflict);
}

}  // namespace parley::event
