#pragma once

#include <string>

#include <absl/time/time.h>

#include "services/presence/directory.h"
#include "services/presence/presence.h"

// Presence as clients read it. `last_active_ago` is reckoned at `now`, the moment the answer leaves (S49).
namespace parley::presence {

// GET /presence/{userId}/status.
std::string StatusJson(const View& view, absl::Time now);

// An m.presence event; an absent name or avatar is left out (S56, S63). Its `presence` is one of the three states of the
// specification; free_for_chat and hidden (to the user's own clients) stand in `dev.parley.presence` beside it.
std::string EventJson(const std::string& user_id, const View& view, const Profile& profile, absl::Time now);

}  // namespace parley::presence
