#pragma once

#include <absl/status/statusor.h>

#include "services/gateway/deps.h"
#include "services/gateway/endpoint.h"

// Our own room directory, for clients and for other servers: the query and the body are the same
// for both.
namespace parley::gateway {

// GET …/publicRooms
absl::StatusOr<HttpAnswer> ListOwnRooms(const Deps& deps, RequestContext& context);
// POST …/publicRooms
absl::StatusOr<HttpAnswer> SearchOwnRooms(const Deps& deps, RequestContext& context);

}  // namespace parley::gateway
