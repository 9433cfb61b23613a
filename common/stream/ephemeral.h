#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

#include "common/base/partition.h"
#include "common/bus/bus.h"
#include "common/stream/position.h"

namespace parley::stream {

// Positions of what is never stored (typing, presence) in one partition. The owner changes its
// memory, then calls Advance with the key that changed.
//
// Threads: safe from any. Lifetime: borrows the bus.
class EphemeralStream {
 public:
  // `service` is a literal. `epoch` is that of the partition's durable stream.
  EphemeralStream(bus::Bus& bus, std::string_view service, Partition partition, int64_t epoch)
      : bus_(bus), service_(service), partition_(partition), epoch_(epoch) {}

  // Takes the next position for a change of `key` and wakes those who wait for it. Changes of one
  // key are the caller's to order.
  EphemeralPosition Advance(std::string_view key) {
    const EphemeralPosition position{epoch_, counter_.fetch_add(1, std::memory_order_acq_rel) + 1};
    bus_.Publish({service_, partition_, position.Packed(), key});
    return position;
  }

  EphemeralPosition head() const { return {epoch_, counter_.load(std::memory_order_acquire)}; }

 private:
  bus::Bus& bus_;
  const std::string_view service_;
  const Partition partition_;
  const int64_t epoch_;
  std::atomic<int64_t> counter_ = 0;
};

}  // namespace parley::stream
