#include "common/lease/ownership.h"

#include <ctime>

#include <absl/algorithm/container.h>

namespace parley::lease {

absl::Duration SinceBoot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::DurationFromTimespec(now);
}

class Ownership::Visit {
 public:
  Visit(Ownership& ownership, absl::Span<const Partition> units)
      : ownership_(ownership), units_(units.begin(), units.end()) {}
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;
  ~Visit() {
    absl::MutexLock lock(&ownership_.mutex_);
    for (const Partition unit : units_) --ownership_.units_[unit].inside;
  }

 private:
  Ownership& ownership_;
  const std::vector<Partition> units_;
};

std::shared_ptr<void> Ownership::Enter(absl::Span<const Partition> units) {
  if (absl::ToInt64Milliseconds(SinceBoot()) >= until_ms_.load()) return nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (!AllOpen(units)) return nullptr;
    for (const Partition unit : units) ++units_[unit].inside;
  }
  return std::make_shared<Visit>(*this, units);
}

bool Ownership::AllOpen(absl::Span<const Partition> units) const {
  return absl::c_all_of(units, [&](Partition unit) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return unit < units_.size() && units_[unit].open;
  });
}

void Ownership::Open(absl::Span<const Partition> units) {
  absl::MutexLock lock(&mutex_);
  for (const Partition unit : units) units_[unit].open = true;
}

void Ownership::Close(absl::Span<const Partition> units, absl::Duration patience) {
  const auto empty = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return absl::c_all_of(units, [&](Partition unit) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return units_[unit].inside == 0;
    });
  };
  absl::MutexLock lock(&mutex_);
  for (const Partition unit : units) units_[unit].open = false;
  mutex_.AwaitWithTimeout(absl::Condition(&empty), patience);
}

std::vector<Partition> Ownership::owned() const {
  std::vector<Partition> owned;
  absl::MutexLock lock(&mutex_);
  for (Partition unit = 0; unit < units_.size(); ++unit) {
    if (units_[unit].open) owned.push_back(unit);
  }
  return owned;
}

}  // namespace parley::lease
