#pragma once

#include <cstdint>
#include <vector>

#include "common/base/partition.h"

namespace parley::gateway {

// Whether what a cache keeps of a service's partitions still counts, as far as news of them were
// heard. News are numbered as they come; an answer is dated by the last news before it was asked
// for.
//
// Threads: none of its own; the cache's lock guards it. Memory: 16 bytes for each partition.
class PartitionNews {
 public:
  // The number of the last news.
  using Number = int64_t;

  explicit PartitionNews(uint32_t partitions) : last_(partitions, 0), forgotten_(partitions, 0) {}

  // To be taken before the owner is asked, and given to MayKeep with its answer.
  Number now() const { return last_number_; }

  // News of one key, which the cache drops itself. What is under way in the partition is not kept.
  void Heard(Partition partition);
  // News, and it is not known of which key: nothing that was kept of the partition counts any more.
  void Forget(Partition partition);
  void ForgetAll();

  // Whether an answer may be kept that was asked for at `asked_at`: not if news overtook it. Never
  // for a partition that there is not.
  bool MayKeep(Partition partition, Number asked_at) const;
  // Whether what was kept at `kept_at` (the number of then) was not forgotten since.
  bool Counts(Partition partition, Number kept_at) const;

 private:
  Number last_number_ = 0;
  std::vector<Number> last_;       // by partition
  std::vector<Number> forgotten_;  // by partition
};

}  // namespace parley::gateway
