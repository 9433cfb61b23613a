#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/time/time.h>

namespace parley::calls {

// Which of many names is due. Moving a timer is one write into a map: where it stands in the wheel
// is put right when the wheel comes by, so a timer that is restarted all the time costs next to
// nothing.
//
// Threads: none of its own, a value. Times below the resolution of 50 ms are never early, only late
// by less than that.
class TimerWheel {
 public:
  explicit TimerWheel(absl::Time now);

  // Sets or moves.
  void Set(std::string_view name, absl::Time at);
  void Cancel(std::string_view name) { times_.erase(std::string(name)); }

  // Takes out those whose time has come, in no order.
  std::vector<std::string> TakeDue(absl::Time now);

  size_t size() const { return times_.size(); }

 private:
  struct Timer {
    absl::Time at;
    int64_t filed = 0;  // the slot number where it stands
  };

  void File(const std::string& name, Timer& timer, int64_t earliest);

  std::vector<std::vector<std::string>> slots_;
  int64_t next_;  // the first slot number that was not looked at
  absl::flat_hash_map<std::string, Timer> times_;
};

}  // namespace parley::calls
