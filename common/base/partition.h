#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace parley {

using Partition = uint32_t;

// The partition that holds the room, user, alias or destination `key`: FNV-1a (64 bit) of its bytes, folded,
// modulo `partitions`. Stored data depends on it: it never changes.
Partition PartitionOf(std::string_view key, uint32_t partitions);

// 0 … partitions - 1.
std::vector<Partition> AllPartitions(uint32_t partitions);

}  // namespace parley
