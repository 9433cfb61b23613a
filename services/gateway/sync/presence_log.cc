#include "services/gateway/sync/presence_log.h"

#include <algorithm>

#include <absl/container/flat_hash_set.h>

namespace parley::gateway {

void PresenceLog::StartAt(int64_t position) {
  absl::MutexLock lock(&mutex_);
  if (horizon_) return;
  horizon_ = head_ = position;
}

void PresenceLog::Heard(int64_t position, std::string_view user_id) {
  absl::MutexLock lock(&mutex_);
  const bool repeated = horizon_ && position <= head_;
  if (repeated) return;
  if (!horizon_ || position > head_ + 1) {
    changes_.clear();
    horizon_ = position - 1;
  }
  head_ = position;
  changes_.emplace_back(position, std::string(user_id));
  if (changes_.size() <= capacity_) return;
  horizon_ = changes_.front().first;
  changes_.pop_front();
}

void PresenceLog::Forget() {
  absl::MutexLock lock(&mutex_);
  changes_.clear();
  horizon_.reset();
  head_ = 0;
}

std::optional<std::vector<std::string>> PresenceLog::Since(int64_t position) const {
  absl::MutexLock lock(&mutex_);
  if (!horizon_ || position < *horizon_ || position > head_) return std::nullopt;
  const auto first = std::upper_bound(
      changes_.begin(), changes_.end(), position,
      [](int64_t wanted, const auto& change) { return wanted < change.first; });
  absl::flat_hash_set<std::string> users;
  for (auto it = first; it != changes_.end(); ++it) users.insert(it->second);
  return std::vector<std::string>(users.begin(), users.end());
}

}  // namespace parley::gateway
