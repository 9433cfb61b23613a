#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/types/span.h>

#include "common/base/ids.h"
#include "common/event/pdu.h"

namespace parley::event {

// Where algorithms over a room's past read events. An event that is not to be had counts as never
// named.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Null if it is not to be had.
  virtual PduPtr Find(const EventId& id) = 0;
  // It failed the authorisation rules when it came.
  virtual bool IsRejected(const EventId& id) = 0;
  // The auth events of an event; override it where they can be had without the whole event.
  virtual std::vector<EventId> AuthEventsOf(const EventId& id);
};

// The graph that auth_events make, loaded as far as it is walked and then kept: some 100 bytes an
// event. Keep one per room between resolutions, and drop it when size() says so. No walk recurses:
// chains of any length are fine.
//
// Threads: one at a time. Borrows `source`.
class AuthGraph {
 public:
  using Node = uint32_t;

  explicit AuthGraph(EventSource& source) : source_(source) {}

  EventSource& source() { return source_; }
  Node NodeOf(const EventId& id);
  const EventId& IdOf(Node node) const { return *ids_[node]; }
  absl::Span<const Node> AuthEventsOf(Node node);
  size_t size() const { return ids_.size(); }

  // Every event that the given ones rest on, without them (unless one rests on another). In no
  // order.
  std::vector<Node> ChainOf(absl::Span<const Node> from);

  // What is in the auth chain of some set but not of all. Each set stands for its members and for
  // `common` too.
  std::vector<Node> ChainDifference(absl::Span<const std::vector<Node>> sets,
                                    absl::Span<const Node> common);

  // Takes away from `nodes` what `events` rest on; walks only as long as that can still take something.
  void TakeAwayChains(absl::Span<const Node> events, absl::flat_hash_set<Node>& nodes);

  // `events` and what lies on the paths along auth events from one of them to another.
  std::vector<Node> PathsBetween(absl::Span<const Node> events);

 private:
  // Calls `visit` once for each event of the chain; it says whether to go on.
  template <class Visit>
  void Walk(absl::Span<const Node> from, Visit visit);

  EventSource& source_;
  absl::flat_hash_map<EventId, Node> nodes_;
  std::vector<std::unique_ptr<const EventId>> ids_;
  std::vector<std::vector<Node>> auth_events_;
  std::vector<bool> loaded_;
};

// The auth chain of `events`, with nothing twice: what send_join and event_auth answer.
std::vector<EventId> AuthChain(AuthGraph& graph, absl::Span<const EventId> events);

}  // namespace parley::event
