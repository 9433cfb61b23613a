#include "services/federation/reachability.h"

#include <optional>

namespace parley::federation {
namespace {

constexpr BackoffLimits kLimits{.first = absl::Seconds(2), .longest = absl::Minutes(5)};
// In the middle: each pause is just twice the one before.
constexpr double kNoJitter = 0.5;
constexpr size_t kMaxEntries = 20'000;

}  // namespace

bool Reachability::MayAsk(const std::string& server_name, absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(server_name);
  return entry == entries_.end() || now >= entry->second.retry_at;
}

void Reachability::Failed(const std::string& server_name, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (entries_.size() >= kMaxEntries) entries_.clear();
  Backoff& backoff = entries_[server_name];
  backoff = AfterFailure(backoff, now, kNoJitter, std::nullopt, kLimits);
}

void Reachability::Reached(const std::string& server_name) {
  absl::MutexLock lock(&mutex_);
  entries_.erase(server_name);
}

size_t Reachability::unreachable() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace parley::federation
