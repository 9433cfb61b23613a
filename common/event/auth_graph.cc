#include "common/event/auth_graph.h"

#include <algorithm>

#include <absl/container/flat_hash_set.h>

namespace parley::event {

std::vector<EventId> EventSource::AuthEventsOf(const EventId& id) {
  const PduPtr event = Find(id);
  return event == nullptr ? std::vector<EventId>() : event->auth_events;
}

AuthGraph::Node AuthGraph::NodeOf(const EventId& id) {
  const auto it = nodes_.find(id);
  if (it != nodes_.end()) return it->second;
  const Node node = static_cast<Node>(ids_.size());
  ids_.push_back(std::make_unique<const EventId>(id));
  nodes_.emplace(id, node);
  auth_events_.emplace_back();
  loaded_.push_back(false);
  return node;
}

absl::Span<const AuthGraph::Node> AuthGraph::AuthEventsOf(Node node) {
  if (!loaded_[node]) {
    std::vector<Node> parents;
    for (const EventId& id : source_.AuthEventsOf(IdOf(node))) parents.push_back(NodeOf(id));
    auth_events_[node] = std::move(parents);
    loaded_[node] = true;
  }
  return auth_events_[node];
}

template <class Visit>
void AuthGraph::Walk(absl::Span<const Node> from, Visit visit) {
  std::vector<bool> seen(ids_.size());
  std::vector<Node> stack(from.begin(), from.end());
  while (!stack.empty()) {
    const Node node = stack.back();
    stack.pop_back();
    for (const Node parent : AuthEventsOf(node)) {
      if (seen.size() < ids_.size()) seen.resize(ids_.size());
      if (seen[parent]) continue;
      seen[parent] = true;
      if (!visit(parent)) return;
      stack.push_back(parent);
    }
  }
}

std::vector<AuthGraph::Node> AuthGraph::ChainOf(absl::Span<const Node> from) {
  std::vector<Node> chain;
  Walk(from, [&chain](Node node) {
    chain.push_back(node);
    return true;
  });
  return chain;
}

std::vector<AuthGraph::Node> AuthGraph::ChainDifference(absl::Span<const std::vector<Node>> sets,
                                                        absl::Span<const Node> common) {
  absl::flat_hash_map<Node, size_t> chains_with;
  for (const std::vector<Node>& set : sets) {
    for (const Node node : ChainOf(set)) ++chains_with[node];
  }
  absl::flat_hash_set<Node> difference;
  for (const auto& [node, count] : chains_with) {
    if (count < sets.size()) difference.insert(node);
  }
  TakeAwayChains(common, difference);  // it is in every chain
  return {difference.begin(), difference.end()};
}

void AuthGraph::TakeAwayChains(absl::Span<const Node> events, absl::flat_hash_set<Node>& nodes) {
  if (nodes.empty()) return;
  Walk(events, [&nodes](Node node) {
    nodes.erase(node);
    return !nodes.empty();
  });
}

std::vector<AuthGraph::Node> AuthGraph::PathsBetween(absl::Span<const Node> events) {
  absl::flat_hash_set<Node> reached(events.begin(), events.end());
  for (const Node node : ChainOf(events)) reached.insert(node);
  absl::flat_hash_map<Node, std::vector<Node>> followers;
  for (const Node node : reached) {
    for (const Node parent : AuthEventsOf(node)) followers[parent].push_back(node);
  }
  absl::flat_hash_set<Node> on_path(events.begin(), events.end());
  std::vector<Node> stack(on_path.begin(), on_path.end());
  while (!stack.empty()) {
    const auto it = followers.find(stack.back());
    stack.pop_back();
    if (it == followers.end()) continue;
    for (const Node node : it->second) {
      if (on_path.insert(node).second) stack.push_back(node);
    }
  }
  return {on_path.begin(), on_path.end()};
}

std::vector<EventId> AuthChain(AuthGraph& graph, absl::Span<const EventId> events) {
  std::vector<AuthGraph::Node> from;
  for (const EventId& id : events) from.push_back(graph.NodeOf(id));
  std::vector<EventId> chain;
  for (const AuthGraph::Node node : graph.ChainOf(from)) chain.push_back(graph.IdOf(node));
  return chain;
}

}  // namespace parley::event
