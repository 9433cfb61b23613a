#pragma once

#include <atomic>

#include "common/bus/redis_probe.h"
#include "common/metrics/registry.h"

namespace parley {

// How the bus over Redis fares, as metrics parley_bus_*. Threads: any. Lifetime: borrows the registry.
class BusMetrics final : public bus::RedisProbe {
 public:
  explicit BusMetrics(metrics::Registry& registry)
      : connected_(registry.AddGauge("parley_bus_connected", "1 while this process hears Redis")),
        gaps_(registry.AddCounter("parley_bus_gaps_total", "Times without Redis, after which everybody was woken")),
        lost_(registry.AddCounter("parley_bus_lost_messages_total", "Wakes that could not be sent")) {}

  void Connected() override {
    connected_.Set(1);
    if (was_connected_.exchange(true)) gaps_.Add();
  }
  void Disconnected() override { connected_.Set(0); }
  void Lost(size_t messages) override { lost_.Add(static_cast<double>(messages)); }

 private:
  metrics::Gauge connected_;
  metrics::Counter gaps_;
  metrics::Counter lost_;
  std::atomic<bool> was_connected_ = false;
};

}  // namespace parley
