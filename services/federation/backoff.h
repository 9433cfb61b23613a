#pragma once

#include <cstdint>
#include <optional>

#include <absl/time/time.h>

// How long a server that does not answer is left alone. Pure: clock and chance are passed in.
namespace parley::federation {

struct BackoffLimits {
  absl::Duration first = absl::Seconds(2);
  absl::Duration longest = absl::Hours(1);
};

struct Backoff {
  // In a row; 0: the last attempt went well, or there was none.
  int64_t failures = 0;
  // Before this nobody tries.
  absl::Time retry_at = absl::InfinitePast();

  friend bool operator==(const Backoff&, const Backoff&) = default;
};

// Twice as long as before with each failure, a quarter more or less by `jitter` in [0, 1), never
// longer than the longest. `asked`: how long the server itself wants to be left alone; heeded
// within the longest.
Backoff AfterFailure(const Backoff& before, absl::Time now, double jitter,
                     std::optional<absl::Duration> asked, const BackoffLimits& limits);

}  // namespace parley::federation
