#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <absl/container/flat_hash_map.h>

#include "common/store/store.h"

namespace parley::store {

// Remembers which chains of batches (Fence::chain) have failed, so that an engine refuses what was
// built on the failure. Empty as long as nothing fails. Threads: one at a time.
class BrokenChains {
 public:
  void Break(const Fence& fence) {
    Link& broken = broken_[Key(fence)];
    broken = std::max(broken, Link{fence.epoch, fence.chain});
  }

  bool IsBroken(const Fence& fence) const {
    if (broken_.empty()) return false;
    const auto found = broken_.find(Key(fence));
    return found != broken_.end() && Link{fence.epoch, fence.chain} <= found->second;
  }

 private:
  using Link = std::pair<int64_t, int64_t>;  // epoch, chain
  static std::pair<std::string, Partition> Key(const Fence& fence) {
    return {std::string(fence.service), fence.partition};
  }

  absl::flat_hash_map<std::pair<std::string, Partition>, Link> broken_;
};

}  // namespace parley::store
