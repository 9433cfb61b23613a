#include "services/gateway/sync/presence_log.h"

#include <utility>

#include <absl/container/flat_hash_set.h>

namespace parley::gateway {

using stream::EphemeralPosition;

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

PresenceLog::Hearing PresenceLog::Follow(Partition partition, EphemeralPosition next) {
  const auto [found, is_first] = heads_.try_emplace(partition, next);
  const EphemeralPosition head = std::exchange(found->second, next);
  if (next.Packed() <= head.Packed() && !is_first) found->second = head;  // told twice, or late
  const bool complete =
      !is_first && next.Packed() <= EphemeralPosition{head.epoch, head.counter + 1}.Packed();
  if (complete) return Hearing::kComplete;
  Begin();
  return is_first || head.epoch == next.epoch ? Hearing::kMissed : Hearing::kNewOwner;
}

PresenceLog::Hearing PresenceLog::Heard(Partition partition, int64_t position,
                                        std::string_view user_id) {
  absl::MutexLock lock(&mutex_);
  const EphemeralPosition at = EphemeralPosition::Unpack(position);
  const Hearing hearing = Follow(partition, at);
  changes_.push_back({std::string(user_id), partition, at});
  ++head_;
  if (changes_.size() > capacity_) changes_.pop_front();
  return hearing;
}

PresenceLog::Hearing PresenceLog::HeardHead(Partition partition, int64_t head) {
  absl::MutexLock lock(&mutex_);
  const EphemeralPosition at = EphemeralPosition::Unpack(head);
  const auto known = heads_.find(partition);
  if (known != heads_.end() && at.Packed() <= known->second.Packed()) return Hearing::kComplete;
  const bool is_new_owner = known != heads_.end() && known->second.epoch != at.epoch;
  heads_[partition] = at;
  Begin();
  return is_new_owner ? Hearing::kNewOwner : Hearing::kMissed;
}

void PresenceLog::Forget() {
  absl::MutexLock lock(&mutex_);
  Begin();
}

EphemeralPosition PresenceLog::Mark() const {
  absl::MutexLock lock(&mutex_);
  return {life_, head_};
}

std::optional<std::vector<PresenceLog::Change>> PresenceLog::Since(EphemeralPosition mark) const {
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
