#include "services/parley/owner_guard.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "common/base/strings.h"
#include "common/status/wrong_owner.h"

namespace parley {
namespace {

// "events.Send" is of events.
std::string_view ServiceOf(const rpc::Method& method) {
  const std::string_view label = method.label;
  return label.substr(0, label.find('.'));
}

std::vector<Partition> UnitsOf(const rpc::MethodRoute& route, const google::protobuf::Message& request,
                               uint32_t units) {
  if (units == 1) return {0};
  std::vector<Partition> keys;
  if (route.splits()) {
    keys = route.KeysOf(request, units);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  } else if (const auto key = route.KeyOf(request, units)) {
    keys.push_back(*key);
  }
  return keys;
}

}  // namespace

uint32_t LeaseUnits(const std::string& service, const Config& config) {
  static const std::set<std::string> shared = {"accounts", "calls", "events", "media", "presence", "profile"};
  return shared.count(service) > 0 ? config.partitions : 1;
}

std::map<std::string, uint32_t> LeaseUnits(const std::vector<std::string>& services, const Config& config) {
  std::map<std::string, uint32_t> units;
  for (const std::string& service : services) units[service] = LeaseUnits(service, config);
  return units;
}

OwnerGuard::OwnerGuard(const std::map<std::string, uint32_t>& units, const lease::Directory& directory)
    : directory_(directory) {
  for (const auto& [service, count] : units) {
    services_[service] = {count, std::make_unique<lease::Ownership>(count)};
  }
}

absl::StatusOr<rpc::Guard::Pass> OwnerGuard::Enter(const rpc::Method& method,
                                                   const google::protobuf::MessageLite& request) {
  const auto service = services_.find(ServiceOf(method));
  if (service == services_.end()) return nullptr;
  const auto& message = static_cast<const google::protobuf::Message&>(request);
  const std::vector<Partition> units = UnitsOf(routes_.Of(method.path), message, service->second.units);
  if (Pass pass = service->second.ownership->Enter(units)) return pass;
  const std::string address = units.size() == 1 ? directory_.Of(service->first, units.front()).address : "";
  return WrongOwner(StrCat("what ", method.label, " is about"), address);
}

}  // namespace parley
