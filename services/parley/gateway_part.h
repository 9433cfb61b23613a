#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/bus/bus.h"
#include "common/metrics/registry.h"
#include "services/parley/config.h"
#include "services/parley/peers.h"

namespace parley {

// The gateway and what it stands on. Threads: Start and Stop by one. Lifetime: borrows all that it is given.
class GatewayPart {
 public:
  // Listens when it returns. Unavailable when the address can't be bound.
  static absl::StatusOr<std::unique_ptr<GatewayPart>> Start(const Config& config, Peers& peers, bus::Bus& bus,
                                                            metrics::Registry& registry);
  virtual ~GatewayPart() = default;

  virtual uint16_t port() const = 0;
  // 0: other servers have no listener of their own.
  virtual uint16_t federation_port() const = 0;
  virtual void Stop(absl::Duration grace) = 0;
};

}  // namespace parley
