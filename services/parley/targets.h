#pragma once

#include <set>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

namespace parley {

// Which services a process runs.
class Targets {
 public:
  // "events,accounts"; "all" or nothing: every one. InvalidArgument for a name that is no service.
  static absl::StatusOr<Targets> Parse(const std::string& text);

  bool Has(const std::string& service) const { return names_.count(service) > 0; }
  // Those that own facts, in the order of Names().
  std::vector<std::string> Owners() const;
  bool all() const;
  // True when a service that owns facts is among them: any but the gateway.
  bool HasOwners() const { return names_.size() > names_.count("gateway"); }
  // "accounts,events", for logs.
  std::string ToString() const;

  static const std::vector<std::string>& Names();

 private:
  std::set<std::string> names_;
};

}  // namespace parley
