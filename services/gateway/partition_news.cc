#include "services/gateway/partition_news.h"

namespace parley::gateway {

void PartitionNews::Heard(Partition partition) {
  if (partition < last_.size()) last_[partition] = ++last_number_;
}

void PartitionNews::Forget(Partition partition) {
  if (partition < last_.size()) last_[partition] = forgotten_[partition] = ++last_number_;
}

void PartitionNews::ForgetAll() {
  ++last_number_;
  last_.assign(last_.size(), last_number_);
  forgotten_.assign(forgotten_.size(), last_number_);
}

bool PartitionNews::MayKeep(Partition partition, Number asked_at) const {
  return partition < last_.size() && last_[partition] <= asked_at;
}

bool PartitionNews::Counts(Partition partition, Number kept_at) const {
  return partition < forgotten_.size() && forgotten_[partition] <= kept_at;
}

}  // namespace parley::gateway
