#pragma once

#include <cstdint>

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/gateway/deps.h"
#include "services/gateway/endpoint.h"

namespace parley::gateway {

// Sends `request` when `delay_ms` are over, and answers {"delay_id": …} (MSC4140).
absl::StatusOr<HttpAnswer> ScheduleSend(const Deps& deps, const RequestContext& context,
                                        const events::v1::SendRequest& request, int64_t delay_ms);

}  // namespace parley::gateway
