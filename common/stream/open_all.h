#pragma once

#include <memory>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/status/macros.h"

namespace parley::stream {

// A service whose partitions can be shared, as the owner of all of them.
template <class Service, class Config, class Deps>
absl::StatusOr<std::unique_ptr<Service>> OpenAll(const Config& config, const Deps& deps) {
  auto service = std::make_unique<Service>(config, deps);
  PARLEY_RETURN_IF_ERROR(service->OpenPartitions(AllPartitions(config.partitions)));
  return service;
}

}  // namespace parley::stream
