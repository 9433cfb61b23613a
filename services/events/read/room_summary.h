#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/store/reader.h"
#include "services/events/rows.h"

namespace parley::events {

// The `summary` of a room in /sync: how many are in it, and, where it has neither name nor canonical alias, whose names make
// one. Client-server API, "Calculating the display name for a room".
struct RoomSummary {
  int64_t joined = 0;
  int64_t invited = 0;
  std::vector<std::string> heroes;
};

absl::StatusOr<RoomSummary> SummaryFor(store::Reader& db, const RoomRow& room, std::string_view viewer);

}  // namespace parley::events
