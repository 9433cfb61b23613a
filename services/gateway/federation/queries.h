#pragma once

#include <absl/status/statusor.h>

#include "services/gateway/deps.h"
#include "services/gateway/endpoint.h"

// What other servers ask about our users. Each handler is called for a request whose signature has
// been checked.
namespace parley::gateway {

// GET /_matrix/federation/v1/query/profile
absl::StatusOr<HttpAnswer> QueryProfile(const Deps& deps, RequestContext& context);
// GET /_matrix/federation/v1/user/devices/{userId}
absl::StatusOr<HttpAnswer> GetDevicesOfUser(const Deps& deps, RequestContext& context);
// POST /_matrix/federation/v1/user/keys/query
absl::StatusOr<HttpAnswer> QueryKeysOfUsers(const Deps& deps, RequestContext& context);
// POST /_matrix/federation/v1/user/keys/claim
absl::StatusOr<HttpAnswer> ClaimKeysOfUsers(const Deps& deps, RequestContext& context);

}  // namespace parley::gateway
