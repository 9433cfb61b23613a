#pragma once

#include <memory>

#include <absl/status/statusor.h>

#include "common/bus/bus.h"
#include "common/bus/redis_bus.h"
#include "common/bus/redis_probe.h"
#include "services/parley/config.h"

namespace parley {

// Where "redis://[user:password@]host[:port]" is reached. InvalidArgument for anything else.
absl::StatusOr<bus::RedisOptions> RedisOptionsOf(const Config::Bus& config);

// The bus of config.url: "memory", or "redis://[user:password@]host[:port]". InvalidArgument for anything else. `probe`
// outlives the bus.
absl::StatusOr<std::unique_ptr<bus::Bus>> MakeBus(const Config::Bus& config,
                                                 bus::RedisProbe& probe = bus::RedisProbe::Silent());

}  // namespace parley
