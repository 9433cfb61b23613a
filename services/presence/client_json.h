#pragma once

#include <string>

#include <absl/time/time.h>

#include "services/presence/directory.h"
#include "services/presence/presence.h"

// Presence as clients read it. `last_active_ago` is reckoned at `now`, the moment the answer leaves
// (S49).
namespace parley::presence {

// Which states the reader knows.
enum class Words {
  kPlain,  // those of the specification: free_for_chat reads as online, hidden as offline
  kAll,
};

// GET /presence/{userId}/status.
std::string StatusJson(const View& view, Words words, absl::Time now);

// An m.presence event; an absent name or avatar is left out (S56, S63).
std::string EventJson(const std::string& user_id, const View& view, const Profile& profile,
                      Words words, absl::Time now);

}  // namespace parley::presence
