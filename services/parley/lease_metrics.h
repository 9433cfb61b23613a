#pragma once

#include <string>

#include "common/lease/keeper.h"
#include "common/metrics/registry.h"

namespace parley {

// What this process owns and how it came and went, as metrics parley_lease_*. (How many writes fences refused is
// parley_store_refused_total{why="fence"}.) Threads: any. Lifetime: borrows the registry.
class LeaseMetrics final : public lease::LeaseProbe {
 public:
  explicit LeaseMetrics(metrics::Registry& registry) : registry_(registry) {}

  void Owned(const std::string& service, size_t units) override {
    registry_.AddGauge("parley_lease_owned", "Partitions that this process owns (1: the whole of a service)", {{"service", service}})
        .Set(static_cast<double>(units));
  }
  void Moved(const std::string& service, std::string_view how, size_t units) override {
    registry_
        .AddCounter("parley_lease_moves_total", "Partitions claimed, released and lost to others",
                    {{"service", service}, {"how", std::string(how)}})
        .Add(static_cast<double>(units));
  }

 private:
  metrics::Registry& registry_;
};

}  // namespace parley
