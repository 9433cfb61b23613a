#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <openssl/sha.h>

#include "common/event/event_types.h"
#include "common/event/state_conflict.h"

// State resolution of room version 1.
namespace parley::event {
namespace {

using Conflicts = std::map<StateTuple, std::vector<const Pdu*>>;

std::string Sha1(std::string_view text) {
  std::string digest(SHA_DIGEST_LENGTH, '\0');
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

// Ascending by depth, then descending by the SHA-1 of the id.
void SortByDepth(std::vector<const Pdu*>& events) {
  std::sort(events.begin(), events.end(), [](const Pdu* a, const Pdu* b) {
    if (a->depth != b->depth) return a->depth < b->depth;
    return Sha1(a->event_id.str()) > Sha1(b->event_id.str());
  });
}

// The conflicts; what all states that have it agree on goes to `resolved`.
Conflicts Split(absl::Span<const StateMap> states, EventCache& events, StateMap& resolved) {
  std::map<StateTuple, std::set<EventId>> candidates;
  for (const StateMap& state : states) {
    for (const auto& [tuple, id] : state) candidates[tuple].insert(id);
  }
  Conflicts conflicts;
  for (const auto& [tuple, ids] : candidates) {
    if (ids.size() == 1) {
      resolved[tuple] = *ids.begin();
      continue;
    }
    std::vector<const Pdu*> found;
    for (const EventId& id : ids) {
      if (const Pdu* event = events.Find(id)) found.push_back(event);
    }
    SortByDepth(found);
    if (!found.empty()) conflicts[tuple] = std::move(found);
  }
  return conflicts;
}

class ResolutionV1 {
 public:
  ResolutionV1(const StateConflict& conflict, EventCache& events)
      : conflict_(conflict), events_(events) {
    conflicts_ = Split(conflict.differing, events_, resolved_);
  }

  StateMap Run() {
    for (const std::string_view type : {kPowerLevels, kJoinRules, kMember}) {
      Settle([type](const StateTuple& tuple) { return tuple.type == type; },
             &ResolutionV1::ByHistory);
    }
    Settle([](const StateTuple&) { return true; }, &ResolutionV1::ByDepth);
    return std::move(resolved_);
  }

 private:
  using Choice = const Pdu* (ResolutionV1::*)(const std::vector<const Pdu*>&) const;

  // What is chosen in one pass counts from the next pass on, so that the order of keys does not
  // matter.
  template <class IsDue>
  void Settle(IsDue is_due, Choice choose) {
    StateMap chosen;
    for (auto it = conflicts_.begin(); it != conflicts_.end();) {
      if (!is_due(it->first)) {
        ++it;
        continue;
      }
      chosen[it->first] = (this->*choose)(it->second)->event_id;
      it = conflicts_.erase(it);
    }
    for (auto& [tuple, id] : chosen) resolved_[tuple] = id;
  }

  // The last of those that each were allowed by the one before.
  const Pdu* ByHistory(const std::vector<const Pdu*>& candidates) const {
    const Pdu* current = candidates.front();
    for (const Pdu* next : candidates) {
      if (next != current && !IsAllowed(*next, current)) break;
      current = next;
    }
    return current;
  }

  // The latest that is allowed; the earliest if none is.
  const Pdu* ByDepth(const std::vector<const Pdu*>& candidates) const {
    for (auto it = candidates.rbegin(); it != candidates.rend(); ++it) {
      if (IsAllowed(**it, nullptr)) return *it;
    }
    return candidates.front();
  }

  bool IsAllowed(const Pdu& event, const Pdu* current) const {
    return CheckAuthRules(
               event,
               [&](std::string_view type, std::string_view key) -> const Pdu* {
                 if (current != nullptr && current->IsState(type, key)) return current;
                 const StateTuple tuple{std::string(type), std::string(key)};
                 const auto it = resolved_.find(tuple);
                 const EventId* id = it == resolved_.end() ? conflict_.agreed(tuple) : &it->second;
                 return id == nullptr ? nullptr : events_.Find(*id);
               })
        .allowed;
  }

  const StateConflict& conflict_;
  EventCache& events_;
  StateMap resolved_;
  Conflicts conflicts_;
};

}  // namespace

StateMap ResolveV1(const StateConflict& conflict, EventCache& events) {
  return ResolutionV1(conflict, events).Run();
}

}  // namespace parley::event
