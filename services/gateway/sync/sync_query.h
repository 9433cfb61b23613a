#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/stream/token.h"
#include "parley/common/v1/common.pb.h"
#include "services/gateway/sync/sync_filter.h"

namespace parley::gateway {

class RequestContext;

// What one GET /sync asks for. A value.
struct SyncQuery {
  common::v1::Requester requester;
  // Absent: an initial sync.
  std::optional<stream::SyncToken> since;
  // Of the stores that answer: what a new token is made with.
  uint64_t incarnation = 0;
  bool full_state = false;
  // MSC4222: the state at the end of the timeline is asked for, and this is its name in the answer; a literal. Empty: it
  // is not.
  std::string_view state_after = "";
  absl::Duration timeout;
  // online, unavailable, offline …: what this device says of its user while it syncs.
  std::string set_presence = "online";
  std::shared_ptr<const SyncFilter> filter = SyncFilter::Default();
};

// Reads the parameters of a request. M_INVALID_PARAM for those that are not what they should be.
absl::StatusOr<SyncQuery> ReadSyncQuery(const RequestContext& request,
                                        std::shared_ptr<const SyncFilter> filter);

}  // namespace parley::gateway
