#pragma once

#include <absl/status/statusor.h>

#include "services/gateway/deps.h"
#include "services/gateway/endpoint.h"

// Keys of users wherever they are: ours from `accounts`, others' from their servers, all servers
// asked side by side.
namespace parley::gateway {

// POST /_matrix/client/v3/keys/query
absl::StatusOr<HttpAnswer> QueryKeys(const Deps& deps, RequestContext& context);
// POST /_matrix/client/v3/keys/claim
absl::StatusOr<HttpAnswer> ClaimKeys(const Deps& deps, RequestContext& context);

}  // namespace parley::gateway
