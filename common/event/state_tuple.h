#pragma once

#include <string>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "common/base/ids.h"

namespace parley::event {

// What a state event sets: a room has one event for each of these.
struct StateTuple {
  std::string type;
  std::string state_key;

  friend bool operator==(const StateTuple&, const StateTuple&) = default;
  friend auto operator<=>(const StateTuple&, const StateTuple&) = default;
  template <class H>
  friend H AbslHashValue(H h, const StateTuple& tuple) {
    return H::combine(std::move(h), tuple.type, tuple.state_key);
  }
};

// The state of a room at some point.
using StateMap = absl::flat_hash_map<StateTuple, EventId>;

}  // namespace parley::event
