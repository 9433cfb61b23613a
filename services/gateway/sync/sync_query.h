#pragma once

#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/stream/token.h"
#include "parley/common/v1/common.pb.h"
#include "parley/events/v1/events.pb.h"

namespace parley::gateway {

// What one GET /sync asks for, read from its parameters and its filter. A value.
struct SyncQuery {
  common::v1::Requester requester;
  // Absent: an initial sync.
  std::optional<stream::SyncToken> since;
  // Of the stores that answer: what a new token is made with.
  uint64_t incarnation = 0;
  bool full_state = false;
  absl::Duration timeout;
  // online, unavailable, offline …: what this device says of its user while it syncs.
  std::string set_presence = "online";
  // How the owners of rooms are to read them.
  events::v1::SyncOptions options;
  bool include_leave = false;
  std::string filter_json;
};

}  // namespace parley::gateway
