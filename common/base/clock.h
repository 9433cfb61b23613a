#pragma once

#include <cstdint>

#include <absl/time/time.h>

namespace parley {

// Time as a parameter. Threads: safe from any. Tests move a ManualClock (common/testing).
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  int64_t NowMs() const { return absl::ToUnixMillis(Now()); }

  // The system's clock; lives as long as the process.
  static const Clock& System();
};

}  // namespace parley
