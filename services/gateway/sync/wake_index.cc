#include "services/gateway/sync/wake_index.h"

#include <algorithm>
#include <vector>

#include "common/base/strings.h"

namespace parley::gateway {

bool WakeIndex::Heard(Partition partition, int64_t position, std::string_view key) {
  if (key.empty()) return HeardHead(partition, position);
  absl::MutexLock lock(&mutex_);
  PartitionState& state = partitions_[partition];
  const bool missed = !state.heard || position > state.head + 1;
  if (missed) state.horizon = std::max(state.horizon, position - 1);
  state.heard = true;
  state.head = std::max(state.head, position);
  Note(partition, position, key);
  return !missed;
}

void WakeIndex::Wrote(Partition partition, int64_t position, std::string_view key) {
  absl::MutexLock lock(&mutex_);
  Note(partition, position, key);
}

void WakeIndex::Note(Partition partition, int64_t position, std::string_view key) {
  if (keys_.size() >= max_keys_) DropOlderHalf();
  KeyState& known = keys_.try_emplace(Abs(key), KeyState{partition, 0}).first->second;
  known.position = std::max(known.position, position);
}

bool WakeIndex::HeardHead(Partition partition, int64_t head) {
  absl::MutexLock lock(&mutex_);
  PartitionState& state = partitions_[partition];
  const bool missed = !state.heard || head > state.head;
  if (missed) state.horizon = std::max(state.horizon, head);
  state.heard = true;
  state.head = std::max(state.head, head);
  return !missed;
}

void WakeIndex::Forget() {
  absl::MutexLock lock(&mutex_);
  partitions_.clear();
  keys_.clear();
}

WakeIndex::News WakeIndex::Since(Partition partition, std::string_view key,
                                 int64_t position) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto state = partitions_.find(partition);
  if (state == partitions_.end()) return News::kUnknown;
  const auto known = keys_.find(Abs(key));
  if (known != keys_.end() && known->second.position > position) return News::kYes;
  return position < state->second.horizon ? News::kUnknown : News::kNo;
}

int64_t WakeIndex::Head(Partition partition) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto state = partitions_.find(partition);
  return state == partitions_.end() ? 0 : state->second.head;
}

void WakeIndex::DropOlderHalf() {
  absl::flat_hash_map<Partition, std::vector<int64_t>> positions;
  for (const auto& [key, known] : keys_) positions[known.partition].push_back(known.position);
  for (auto& [partition, all] : positions) {
    const auto middle = all.begin() + all.size() / 2;
    std::nth_element(all.begin(), middle, all.end());
    PartitionState& state = partitions_[partition];
    state.horizon = std::max(state.horizon, *middle);
  }
  absl::erase_if(keys_, [&](const auto& entry) {
    return entry.second.position <= partitions_[entry.second.partition].horizon;
  });
}

}  // namespace parley::gateway
