#pragma once

#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "common/bus/bus.h"

namespace parley {

// The bus of `url`: "memory", or "redis://[user:password@]host[:port]". InvalidArgument for anything else.
absl::StatusOr<std::unique_ptr<bus::Bus>> MakeBus(const std::string& url);

}  // namespace parley
