#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/partition.h"

namespace parley::bus {

// One stream of one partition, by the names it has in the store.
struct Topic {
  std::string service;
  Partition partition = 0;

  friend bool operator==(const Topic&, const Topic&) = default;
  friend auto operator<=>(const Topic&, const Topic&) = default;
  template <class H>
  friend H AbslHashValue(H h, const Topic& topic) {
    return H::combine(std::move(h), topic.service, topic.partition);
  }
};

// A service's streams of all partitions.
inline std::vector<Topic> AllTopics(std::string_view service, uint32_t partitions) {
  std::vector<Topic> topics;
  for (Partition p = 0; p < partitions; ++p) topics.push_back({std::string(service), p});
  return topics;
}

// "Something of `key` is at `position` of this stream": a reason to look, never a fact. Views last
// for the call.
struct Wake {
  std::string_view service;
  Partition partition = 0;
  int64_t position = 0;
  std::string_view key;  // a room, a user …; empty: anything of the partition may have changed
};

struct Head {
  Topic topic;
  int64_t position = 0;
};

// The heads that `service` itself told (messages of its contract) as those of its streams.
template <class Told>
std::vector<Head> HeadsOf(const std::string& service, const Told& told) {
  std::vector<Head> heads;
  for (const auto& head : told) heads.push_back({{service, head.partition()}, head.position()});
  return heads;
}

// What a process says of itself once a second: the streams it owns, and the heads of those that
// moved in the last ten seconds. It makes up for lost wakes, and shows that the owner is heard.
struct Heartbeat {
  std::vector<std::string> services;  // all of whose partitions this process owns are in `alive`
  std::vector<Partition> alive;
  std::vector<Head> moved;
};

}  // namespace parley::bus
