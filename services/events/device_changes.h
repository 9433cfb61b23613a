#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "common/base/partition.h"

namespace parley::events {

// Up to which position each partition may hold changes of device lists: who reads from a later one need not ask the store.
// Threads: any.
class DeviceChangeMarks {
 public:
  explicit DeviceChangeMarks(uint32_t partitions) : until_(partitions) {}

  // To the stream's head when the partition is taken over; then under the stream's lock, before the change is visible.
  void Raise(Partition partition, int64_t position) { until_[partition] = position; }
  int64_t Until(Partition partition) const { return until_[partition]; }

 private:
  std::vector<std::atomic<int64_t>> until_;
};

}  // namespace parley::events
