#include "services/profile/names.h"

#include <algorithm>
#include <map>
#include <set>

#include <absl/strings/ascii.h>

#include "common/base/strings.h"

namespace parley::profile {
namespace {

std::string Folded(std::string_view text) {
  return absl::AsciiStrToLower(Abs(text));
}

// 0: equal, 1: begins with it, 2: has it somewhere; 3: not.
int RankOf(std::string_view text, std::string_view term) {
  const std::string folded = Folded(text);
  if (folded == term) return 0;
  const size_t at = folded.find(term);
  return at == folded.npos ? 3 : at == 0 ? 1 : 2;
}

int RankOf(const std::string& user_id, const Names::Name& name, std::string_view term) {
  const std::string_view without_sigil = std::string_view(user_id).substr(1);
  const std::string_view localpart = without_sigil.substr(0, without_sigil.find(':'));
  const int by_id =
      std::min({RankOf(user_id, term), RankOf(without_sigil, term), RankOf(localpart, term)});
  return name.displayname ? std::min(by_id, RankOf(*name.displayname, term)) : by_id;
}

}  // namespace

void Names::Set(std::string_view user_id, Name name) {
  absl::MutexLock lock(&mutex_);
  names_.insert_or_assign(std::string(user_id), std::move(name));
}

void Names::SetPropagated(std::string_view user_id, int64_t generation) {
  absl::MutexLock lock(&mutex_);
  const auto found = names_.find(Abs(user_id));
  if (found != names_.end())
    found->second.propagated = std::max(found->second.propagated, generation);
}

void Names::Erase(std::string_view user_id) {
  absl::MutexLock lock(&mutex_);
  names_.erase(std::string(user_id));
}

void Names::Drop(absl::Span<const Partition> dropped, uint32_t partitions) {
  const std::set<Partition> gone(dropped.begin(), dropped.end());
  absl::MutexLock lock(&mutex_);
  absl::erase_if(names_, [&](const auto& entry) {
    return gone.contains(PartitionOf(entry.first, partitions));
  });
}

std::optional<Names::Name> Names::Find(std::string_view user_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = names_.find(Abs(user_id));
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

std::vector<std::string> Names::Pending() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> pending;
  for (const auto& [user_id, name] : names_) {
    if (name.pending()) pending.push_back(user_id);
  }
  return pending;
}

std::vector<Names::Found> Names::Search(std::string_view term, size_t limit,
                                        std::string_view except) const {
  const std::string folded = Folded(term);
  std::map<std::pair<int, std::string>, const Name*> best;
  absl::ReaderMutexLock lock(&mutex_);
  for (const auto& [user_id, name] : names_) {
    const int rank = user_id == except ? 3 : RankOf(user_id, name, folded);
    if (rank == 3) continue;
    best.emplace(std::pair(rank, user_id), &name);
    if (best.size() > limit + 1) best.erase(std::prev(best.end()));
  }
  std::vector<Found> found;
  for (const auto& [key, name] : best) found.push_back({key.second, *name, key.first});
  return found;
}

}  // namespace parley::profile
