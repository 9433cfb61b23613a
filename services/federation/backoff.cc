#include "services/federation/backoff.h"

#include <algorithm>

namespace parley::federation {
namespace {

// 2^30 times the first pause is longer than any longest one.
constexpr int64_t kMaxDoublings = 30;

}  // namespace

Backoff AfterFailure(const Backoff& before, absl::Time now, double jitter,
                     std::optional<absl::Duration> asked, const BackoffLimits& limits) {
  const auto doublings =
      static_cast<double>(int64_t{1} << std::min(before.failures, kMaxDoublings));
  absl::Duration pause = limits.first * doublings * (0.75 + jitter / 2);
  if (asked) pause = std::max(pause, *asked);
  return {before.failures + 1, now + std::min(pause, limits.longest)};
}

}  // namespace parley::federation
