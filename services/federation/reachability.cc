#include "services/federation/reachability.h"

#include <algorithm>

namespace parley::federation {
namespace {

constexpr absl::Duration kFirst = absl::Seconds(2);
constexpr absl::Duration kLongest = absl::Minutes(5);
constexpr size_t kMaxEntries = 20'000;

absl::Duration PauseAfter(int failures) {
  return std::min(kFirst * (1 << std::min(failures - 1, 10)), kLongest);
}

}  // namespace

bool Reachability::MayAsk(const std::string& server_name, absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(server_name);
  return entry == entries_.end() || now >= entry->second.ask_at;
}

void Reachability::Failed(const std::string& server_name, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (entries_.size() >= kMaxEntries) entries_.clear();
  Entry& entry = entries_[server_name];
  entry.ask_at = now + PauseAfter(++entry.failures);
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
