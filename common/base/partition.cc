#include "common/base/partition.h"

#include <numeric>

namespace parley {

Partition PartitionOf(std::string_view key, uint32_t partitions) {
  uint64_t hash = 14695981039346656037ull;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return static_cast<Partition>((hash ^ (hash >> 32)) % partitions);
}

std::vector<Partition> AllPartitions(uint32_t partitions) {
  std::vector<Partition> all(partitions);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

}  // namespace parley
