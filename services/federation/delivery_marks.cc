#include "services/federation/delivery_marks.h"

#include <algorithm>

namespace parley::federation {

void DeliveryMarks::Read(Partition partition, int64_t position) {
  read_[partition] = std::max(read_[partition], position);
}

void DeliveryMarks::Release(Partition partition, int64_t position) {
  auto& outstanding = outstanding_[partition];
  const auto found = outstanding.find(position);
  if (found != outstanding.end() && --found->second == 0) outstanding.erase(found);
}

int64_t DeliveryMarks::Mark(Partition partition) const {
  const auto& outstanding = outstanding_[partition];
  return outstanding.empty() ? read_[partition] : outstanding.begin()->first - 1;
}

}  // namespace parley::federation
