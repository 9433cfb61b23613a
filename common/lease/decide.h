#pragma once

#include <cstdint>
#include <vector>

#include "common/base/partition.h"

// Fair shares without a coordinator: each member looks at the same rows and comes to the same
// answer; where two looked at different moments, the claim of one fails and it looks again. Pure.
namespace parley::lease {

using MemberId = int64_t;

struct Holding {
  Partition unit = 0;
  MemberId owner = 0;
  bool expired = false;
};

struct View {
  uint32_t units = 0;             // 0 … units - 1 are to be owned
  std::vector<MemberId> members;  // those that are there, in any order
  std::vector<Holding> holdings;
};

struct Decision {
  std::vector<Partition> claim;
  std::vector<Partition> release;

  friend bool operator==(const Decision&, const Decision&) = default;
};

// What `me` is to do now. Nobody gets more than units / members, rounded up; nothing moves that
// need not.
Decision Decide(MemberId me, const View& view);

}  // namespace parley::lease
