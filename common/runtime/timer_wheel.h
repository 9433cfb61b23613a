#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

namespace parley {

// Which of many timers is due. Moving one is a write into a map: where it stands in the wheel is
// put right when the wheel comes by, so a timer that is restarted all the time costs next to
// nothing.
//
// Key: a string, a number or a pointer; a timer has one key. Threads: none of its own, a value.
// Timers are never early, and late by less than the resolution and the time between calls of
// TakeDue. Memory: a vector for each slot, twice the key and 16 bytes for each timer.
template <class Key>
class TimerWheel {
 public:
  struct Shape {
    absl::Duration resolution = absl::Milliseconds(50);
    // A turn takes `slots` times the resolution; timers beyond a turn are looked at once a turn.
    int64_t slots = 4096;
  };

  explicit TimerWheel(absl::Time now) : TimerWheel(now, Shape()) {}
  TimerWheel(absl::Time now, Shape shape)
      : resolution_ms_(absl::ToInt64Milliseconds(shape.resolution)),
        slots_(shape.slots),
        next_(SlotOf(now)) {}

  // Sets or moves.
  void Set(const Key& key, absl::Time at) {
    const auto [entry, is_new] = timers_.try_emplace(key);
    entry->second.at = at;
    // One that moves later is met where it stood, and filed again then.
    if (is_new || SlotOf(at) < entry->second.filed) File(key, entry->second, next_);
  }

  void Cancel(const Key& key) { timers_.erase(key); }

  // Takes out those whose time has come, in no order.
  std::vector<Key> TakeDue(absl::Time now) {
    std::vector<Key> due;
    const int64_t until = SlotOf(now);
    // After a long pause one whole turn meets everything.
    next_ = std::max(next_, until - turn());
    for (; next_ < until; ++next_) {
      for (Key& key : std::exchange(slots_[next_ % turn()], {})) Meet(std::move(key), now, due);
    }
    return due;
  }

  size_t size() const { return timers_.size(); }

 private:
  struct Timer {
    absl::Time at;
    int64_t filed = 0;  // the slot number where it stands
  };

  int64_t turn() const { return static_cast<int64_t>(slots_.size()); }

  // The first slot that is looked at when `at` is over.
  int64_t SlotOf(absl::Time at) const { return absl::ToUnixMillis(at) / resolution_ms_ + 1; }

  void File(const Key& key, Timer& timer, int64_t earliest) {
    timer.filed = std::max(SlotOf(timer.at), earliest);
    slots_[timer.filed % turn()].push_back(key);
  }

  void Meet(Key key, absl::Time now, std::vector<Key>& due) {
    const auto found = timers_.find(key);
    if (found == timers_.end()) return;  // cancelled
    Timer& timer = found->second;
    if (timer.filed > next_) {
      const bool later_turn = (timer.filed - next_) % turn() == 0;
      if (later_turn) slots_[next_ % turn()].push_back(std::move(key));
      return;  // or filed elsewhere since
    }
    if (timer.at > now) return File(key, timer, next_ + 1);
    timers_.erase(found);
    due.push_back(std::move(key));
  }

  const int64_t resolution_ms_;
  std::vector<std::vector<Key>> slots_;
  int64_t next_;  // the first slot number that was not looked at
  absl::flat_hash_map<Key, Timer> timers_;
};

}  // namespace parley
