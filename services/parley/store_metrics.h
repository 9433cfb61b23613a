#pragma once

#include <string>
#include <string_view>

#include "common/metrics/registry.h"
#include "common/store/probe.h"

namespace parley {

// What the store tells of its work, as metrics parley_store_*. Threads: any. Lifetime: borrows the registry.
class StoreMetrics final : public store::Probe {
 public:
  explicit StoreMetrics(metrics::Registry& registry);

  void Committed(size_t batches, absl::Duration took, size_t queued) override;
  void Refused(std::string_view why) override;
  void ConnectFailed() override;
  void HasRead(absl::Duration took) override;
  void Pruned(std::string_view table, int64_t deleted, int64_t left) override;

 private:
  metrics::Counter RefusedFor(std::string_view why);

  metrics::Registry& registry_;
  metrics::Histogram commit_seconds_;
  metrics::Histogram commit_batches_;
  metrics::Gauge queued_;
  metrics::Histogram read_seconds_;
};

}  // namespace parley
