#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/lease/directory.h"
#include "common/lease/ownership.h"
#include "common/rpc/dispatcher.h"
#include "common/rpc/routing/method_routes.h"
#include "services/parley/config.h"

namespace parley {

// How many leases there are of a service: one for each partition of those whose processes share them, one for the
// whole of the others.
uint32_t LeaseUnits(const std::string& service, const Config& config);
std::map<std::string, uint32_t> LeaseUnits(const std::vector<std::string>& services, const Config& config);

// Lets a call in when this process owns what it is about, and tells the others where the owner is. Threads: any.
// Lifetime: borrows the directory.
class OwnerGuard final : public rpc::Guard {
 public:
  // Owns nothing of `units` yet.
  OwnerGuard(const std::map<std::string, uint32_t>& units, const lease::Directory& directory);

  lease::Ownership& Of(const std::string& service) { return *services_.at(service).ownership; }

  absl::StatusOr<Pass> Enter(const rpc::Method& method, const google::protobuf::MessageLite& request) override;

 private:
  struct Service {
    uint32_t units = 0;
    std::unique_ptr<lease::Ownership> ownership;
  };

  const lease::Directory& directory_;
  std::map<std::string, Service, std::less<>> services_;
  rpc::MethodRoutes routes_;
};

}  // namespace parley
