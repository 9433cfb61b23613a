#include "common/rpc/observer.h"

#include <algorithm>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

namespace parley::rpc {
namespace {

class Nobody final : public Observer {
  void Finished(const Method&, const absl::Status&, absl::Duration) override {}
};

}  // namespace

Observer& NoObserver() {
  static Nobody nobody;
  return nobody;
}

void CountCalls::Finished(const Method& method, const absl::Status&, absl::Duration) {
  absl::MutexLock lock(&mutex_);
  ++counts_[method.label];
}

int64_t CountCalls::total() const {
  absl::MutexLock lock(&mutex_);
  int64_t total = 0;
  for (const auto& [label, count] : counts_) total += count;
  return total;
}

int64_t CountCalls::of(std::string_view label) const {
  absl::MutexLock lock(&mutex_);
  const auto found = counts_.find(absl::string_view(label.data(), label.size()));
  return found == counts_.end() ? 0 : found->second;
}

void CountCalls::Reset() {
  absl::MutexLock lock(&mutex_);
  counts_.clear();
}

std::string CountCalls::ToString() const {
  std::vector<std::string> lines;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [label, count] : counts_) lines.push_back(absl::StrCat(label, " ", count));
  }
  std::sort(lines.begin(), lines.end());
  return absl::StrJoin(lines, ", ");
}

}  // namespace parley::rpc
