#pragma once

#include <string_view>

#include <absl/status/statusor.h>

#include "common/base/ids.h"
#include "common/json/value.h"

namespace parley::accounts {

// The local user that a login or password stage means: `identifier` {type: m.id.user, user}, or the older `user`; a
// user id, or a localpart in any case.
// M_MISSING_PARAM, M_BAD_JSON; M_UNKNOWN for another kind of identifier; M_FORBIDDEN for what can't be one of our users.
absl::StatusOr<UserId> ReadUser(const json::Object& body, std::string_view server_name);

}  // namespace parley::accounts
