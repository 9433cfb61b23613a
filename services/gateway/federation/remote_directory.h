#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "common/json/value.h"
#include "services/gateway/deps.h"
#include "services/gateway/endpoint.h"

namespace parley::gateway {

// A page of another server's room directory. `search`: the body of a search, null for a plain list.
// Entries that are not as the specification has them are left out.
absl::StatusOr<HttpAnswer> RemotePublicRooms(const Deps& deps, RequestContext& context,
                                             const std::string& server, const json::Object* search);

}  // namespace parley::gateway
