#pragma once

#include <cstdint>
#include <vector>

#include <absl/container/btree_map.h>

#include "common/base/partition.h"

namespace parley::federation {

// Up to where, in each partition of `events`, every event is with its servers or is noted durably
// for those that did not get it. From there a restart reads again. Pure memory; the owner locks it.
class DeliveryMarks {
 public:
  // `marks`: as they were saved.
  explicit DeliveryMarks(std::vector<int64_t> marks)
      : read_(std::move(marks)), outstanding_(read_.size()) {}

  // Everything up to here was read. Never goes back.
  void Read(Partition partition, int64_t position);
  int64_t read(Partition partition) const { return read_[partition]; }
  // One more server waits for the event at this position, or one less.
  void Hold(Partition partition, int64_t position) { ++outstanding_[partition][position]; }
  void Release(Partition partition, int64_t position);

  int64_t Mark(Partition partition) const;
  uint32_t partitions() const { return static_cast<uint32_t>(read_.size()); }

 private:
  std::vector<int64_t> read_;
  std::vector<absl::btree_map<int64_t, int64_t>> outstanding_;
};

}  // namespace parley::federation
