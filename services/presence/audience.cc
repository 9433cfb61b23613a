#include "services/presence/audience.h"

#include <algorithm>

namespace parley::presence {
namespace {

constexpr std::string_view kNames[] = {"rooms", "direct", "off"};

}  // namespace

std::string_view NameOf(Visibility visibility) {
  return kNames[static_cast<int>(visibility)];
}

std::optional<Visibility> VisibilityOf(std::string_view name) {
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Visibility>(found - std::begin(kNames));
}

bool Audience::Includes(std::string_view viewer, Visibility server) const {
  switch (std::max(visibility, server)) {
    case Visibility::kRooms:
      return true;
    case Visibility::kDirect:
      return std::binary_search(direct.begin(), direct.end(), viewer);
    case Visibility::kOff:
      return false;
  }
  return false;
}

}  // namespace parley::presence
