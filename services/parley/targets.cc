#include "services/parley/targets.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

namespace parley {

const std::vector<std::string>& Targets::Names() {
  static const auto& names =
      *new std::vector<std::string>{"gateway", "events", "accounts", "presence", "profile", "calls",
                                       "federation", "media"};
  return names;
}

absl::StatusOr<Targets> Targets::Parse(const std::string& text) {
  const std::vector<std::string>& known = Names();
  Targets targets;
  if (text.empty() || text == "all") {
    targets.names_ = {known.begin(), known.end()};
    return targets;
  }
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(text, ','))) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--target: no service `", name, "`; there are all, ", absl::StrJoin(known, ", ")));
    }
    targets.names_.insert(name);
  }
  return targets;
}

std::vector<std::string> Targets::Owners() const {
  std::vector<std::string> owners;
  for (const std::string& name : Names()) {
    if (name != "gateway" && Has(name)) owners.push_back(name);
  }
  return owners;
}

bool Targets::all() const { return names_.size() == Names().size(); }

std::string Targets::ToString() const { return absl::StrJoin(names_, ","); }

}  // namespace parley
