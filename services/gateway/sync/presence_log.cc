#include "services/gateway/sync/presence_log.h"

#include <absl/container/flat_hash_set.h>

namespace parley::gateway {
namespace {

// Fits the epoch of a packed position, and is never 0: that is a token without a mark.
int64_t NewLife(Rng& rng) {
  int64_t life = 1;
  for (const char c : rng.Bytes(3)) life = life << 8 | static_cast<uint8_t>(c);
  return life;
}

}  // namespace

PresenceLog::PresenceLog(Rng& rng, size_t capacity) : rng_(rng), capacity_(capacity) {
  absl::MutexLock lock(&mutex_);
  Begin();
}

void PresenceLog::Begin() {
  life_ = NewLife(rng_);
  head_ = 0;
  changes_.clear();
}

void PresenceLog::Heard(Partition partition, int64_t position, std::string_view user_id) {
  absl::MutexLock lock(&mutex_);
  changes_.push_back(
      {std::string(user_id), partition, stream::EphemeralPosition::Unpack(position)});
  ++head_;
  if (changes_.size() > capacity_) changes_.pop_front();
}

void PresenceLog::Forget() {
  absl::MutexLock lock(&mutex_);
  Begin();
}

stream::EphemeralPosition PresenceLog::Mark() const {
  absl::MutexLock lock(&mutex_);
  return {life_, head_};
}

std::optional<std::vector<PresenceLog::Change>> PresenceLog::Since(
    stream::EphemeralPosition mark) const {
  absl::MutexLock lock(&mutex_);
  const int64_t missing = head_ - mark.counter;
  const bool reaches = missing >= 0 && missing <= static_cast<int64_t>(changes_.size());
  if (mark.epoch != life_ || !reaches) return std::nullopt;
  std::vector<Change> since;
  absl::flat_hash_set<std::string_view> seen;
  for (auto it = changes_.end() - missing; it != changes_.end(); ++it) {
    if (seen.insert(it->user_id).second) since.push_back(*it);
  }
  return since;
}

}  // namespace parley::gateway
