#pragma once

#include <algorithm>
#include <atomic>
#include <memory>

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "common/metrics/registry.h"

namespace parley::profile {

// What profile exports. Threads: any. The rate of `rooms` is how fast changes reach rooms.
class Metrics {
 public:
  explicit Metrics(metrics::Registry& registry)
      : changes(registry.AddCounter("parley_profile_changes_total", "Fields set or removed")),
        rooms(registry.AddCounter("parley_profile_rooms_updated_total",
                                  "Rooms that were given a new name or avatar")),
        retries(registry.AddCounter("parley_profile_retries_total",
                                    "Steps of propagations that are tried again")),
        jobs_(registry.AddGauge("parley_profile_jobs",
                                "Changes on their way into rooms, or watched for late joins")),
        pending_(registry.AddGauge("parley_profile_pending_rooms",
                                   "Rooms that a change has not reached yet")) {
    registry.AddGauge(
        "parley_profile_oldest_job_seconds", "Age of the oldest change that some room lacks", {},
        [oldest = oldest_] { return SecondsSince(oldest->load(std::memory_order_relaxed)); });
  }

  // `oldest`: when the oldest change that some room lacks began; InfiniteFuture when there is none.
  void SetPending(size_t jobs, size_t rooms_pending, absl::Time oldest) {
    jobs_.Set(static_cast<double>(jobs));
    pending_.Set(static_cast<double>(rooms_pending));
    oldest_->store(oldest == absl::InfiniteFuture() ? 0 : absl::ToUnixMillis(oldest),
                   std::memory_order_relaxed);
  }

  const metrics::Counter changes;
  const metrics::Counter rooms;
  const metrics::Counter retries;

 private:
  static double SecondsSince(int64_t ms) {
    if (ms == 0) return 0;
    return std::max(0.0, absl::ToDoubleSeconds(absl::Now() - absl::FromUnixMillis(ms)));
  }

  const metrics::Gauge jobs_;
  const metrics::Gauge pending_;
  // Outlives this: the registry samples it.
  const std::shared_ptr<std::atomic<int64_t>> oldest_ = std::make_shared<std::atomic<int64_t>>(0);
};

}  // namespace parley::profile
