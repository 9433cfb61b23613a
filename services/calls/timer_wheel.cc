#include "services/calls/timer_wheel.h"

#include <algorithm>
#include <utility>

#include "common/base/strings.h"

namespace parley::calls {
namespace {

constexpr absl::Duration kResolution = absl::Milliseconds(50);
constexpr int64_t kSlots = 4096;  // a turn takes 205 s

// The slot whose end is not before `at`.
int64_t SlotOf(absl::Time at) {
  return absl::ToUnixMillis(at) / absl::ToInt64Milliseconds(kResolution) + 1;
}

}  // namespace

TimerWheel::TimerWheel(absl::Time now) : slots_(kSlots), next_(SlotOf(now)) {}

void TimerWheel::Set(std::string_view name, absl::Time at) {
  const auto [entry, is_new] = times_.try_emplace(Abs(name));
  entry->second.at = at;
  // One that moves later is met where it stood, and filed again then.
  if (is_new || SlotOf(at) < entry->second.filed) File(entry->first, entry->second, next_);
}

void TimerWheel::File(const std::string& name, Timer& timer, int64_t earliest) {
  timer.filed = std::max(SlotOf(timer.at), earliest);
  slots_[timer.filed % kSlots].push_back(name);
}

std::vector<std::string> TimerWheel::TakeDue(absl::Time now) {
  std::vector<std::string> due;
  const int64_t until = SlotOf(now);
  // After a long pause one whole turn meets everything.
  next_ = std::max(next_, until - kSlots);
  for (; next_ < until; ++next_) {
    for (std::string& name : std::exchange(slots_[next_ % kSlots], {})) {
      const auto found = times_.find(name);
      // Cancelled, or filed elsewhere since.
      if (found == times_.end() || found->second.filed > next_) {
        const bool later_turn =
            found != times_.end() && (found->second.filed - next_) % kSlots == 0;
        if (later_turn) slots_[next_ % kSlots].push_back(std::move(name));
        continue;
      }
      if (found->second.at > now) {
        File(name, found->second, next_ + 1);
        continue;
      }
      times_.erase(found);
      due.push_back(std::move(name));
    }
  }
  return due;
}

}  // namespace parley::calls
