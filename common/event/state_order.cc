#include <algorithm>
#include <limits>
#include <queue>
#include <tuple>

#include "common/event/event_types.h"
#include "common/event/power_levels.h"
#include "common/event/state_conflict.h"

// The two orders of state resolution v2.
namespace parley::event {
namespace {

constexpr size_t kNowhere = std::numeric_limits<size_t>::max();

int64_t SenderLevel(const Pdu& event, EventCache& events) {
  const PowerLevels levels(
      FindAmongAuthEvents(event, kCreate, "", events, Rejected::kIncluded),
      FindAmongAuthEvents(event, kPowerLevels, "", events, Rejected::kIncluded));
  return levels.UserLevel(event.sender.str());
}

struct Ranked {
  const Pdu* event;
  int64_t level;

  // priority_queue gives the greatest first; the earliest event is to come first.
  friend bool operator<(const Ranked& a, const Ranked& b) {
    if (a.level != b.level) return a.level < b.level;
    return std::tie(a.event->origin_server_ts, a.event->event_id) >
           std::tie(b.event->origin_server_ts, b.event->event_id);
  }
};

// Where events stand on the line of power level events that leads to the newest one.
class Mainline {
 public:
  Mainline(const Pdu* newest, EventCache& events) : events_(events) {
    for (const Pdu* event = newest; event != nullptr && !positions_.contains(event);
         event = Before(*event)) {
      positions_.emplace(event, positions_.size());
    }
  }

  size_t PositionOf(const Pdu& event) {
    std::vector<const Pdu*> walked;
    const Pdu* current = Before(event);
    while (current != nullptr && !positions_.contains(current)) {
      // Marked before it is known, so that a cycle ends.
      positions_.emplace(current, kNowhere);
      walked.push_back(current);
      current = Before(*current);
    }
    const size_t position = current == nullptr ? kNowhere : positions_[current];
    for (const Pdu* seen : walked) positions_[seen] = position;
    return position;
  }

 private:
  const Pdu* Before(const Pdu& event) {
    return FindAmongAuthEvents(event, kPowerLevels, "", events_, Rejected::kIncluded);
  }

  EventCache& events_;
  absl::flat_hash_map<const Pdu*, size_t> positions_;
};

}  // namespace

std::vector<const Pdu*> SortByPower(const std::vector<const Pdu*>& set, EventCache& events) {
  absl::flat_hash_map<EventId, std::vector<const Pdu*>> followers;
  absl::flat_hash_map<const Pdu*, size_t> waiting_for;
  for (const Pdu* event : set) followers[event->event_id];
  for (const Pdu* event : set) {
    for (const EventId& id : event->auth_events) {
      const auto it = followers.find(id);
      if (it == followers.end()) continue;
      it->second.push_back(event);
      ++waiting_for[event];
    }
  }
  std::priority_queue<Ranked> ready;
  for (const Pdu* event : set) {
    if (!waiting_for.contains(event)) ready.push({event, SenderLevel(*event, events)});
  }
  std::vector<const Pdu*> sorted;
  while (!ready.empty()) {
    const Pdu* event = ready.top().event;
    ready.pop();
    sorted.push_back(event);
    for (const Pdu* follower : followers[event->event_id]) {
      if (--waiting_for[follower] == 0) ready.push({follower, SenderLevel(*follower, events)});
    }
  }
  return sorted;
}

std::vector<const Pdu*> SortByMainline(const std::vector<const Pdu*>& set, const Pdu* power_levels,
                                       EventCache& events) {
  Mainline mainline(power_levels, events);
  absl::flat_hash_map<const Pdu*, size_t> position;
  for (const Pdu* event : set) position[event] = mainline.PositionOf(*event);
  std::vector<const Pdu*> sorted = set;
  std::sort(sorted.begin(), sorted.end(), [&position](const Pdu* a, const Pdu* b) {
    if (position[a] != position[b]) return position[a] > position[b];
    return std::tie(a->origin_server_ts, a->event_id) < std::tie(b->origin_server_ts, b->event_id);
  });
  return sorted;
}

}  // namespace parley::event
