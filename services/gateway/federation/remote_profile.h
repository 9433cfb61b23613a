#pragma once

#include <string>

#include <absl/status/statusor.h>

#include "common/base/ids.h"
#include "common/json/value.h"
#include "services/gateway/deps.h"

namespace parley::rpc {
struct Call;
}

namespace parley::gateway {

// The profile of another server's user as that server tells it; `field`: of it alone, empty for
// all. What has the wrong kind is left out. M_NOT_FOUND.
absl::StatusOr<json::Object> RemoteProfile(const Deps& deps, const rpc::Call& call,
                                           const UserId& user, const std::string& field);

}  // namespace parley::gateway
