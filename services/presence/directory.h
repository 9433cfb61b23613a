#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>
#include <absl/synchronization/mutex.h>

#include "common/bus/bus.h"
#include "common/stream/ephemeral.h"
#include "services/presence/policy.h"
#include "services/presence/presence.h"

namespace parley::presence {

struct Profile {
  std::optional<std::string> displayname;
  std::optional<std::string> avatar_url;
};

// The users of one partition, in memory, and the ephemeral stream of their changes.
// Threads: any; what happens to one user is ordered. Lifetime: borrows config and bus.
class Directory {
 public:
  struct User {
    UserPresence presence;
    std::optional<Profile> profile;  // absent: not asked for yet
    // Positions (counters) at which others and the user's own clients had news; 0: never.
    int64_t shown_at = 0;
    int64_t own_at = 0;
    absl::Time wake_at = absl::InfiniteFuture();
  };

  Directory(const Config& config, bus::Bus& bus, Partition partition, int64_t epoch);

  // What was saved before this process began: nobody is told.
  void Restore(const std::string& user_id, std::optional<State> override_state, std::string status_msg);

  // True if others have news.
  bool Apply(const std::string& user_id, const Input& input, absl::Time now);
  void SetProfile(const std::string& user_id, Profile profile, bool announce);

  // What the user's own server says. True if others have news.
  bool SetRemote(const std::string& user_id, View view);

  // Applies what time alone changes.
  void Tick(absl::Time now);

  // Calls `read` with the user, or null, and the head of the stream, in one consistent moment; don't call back.
  void Read(const std::string& user_id,
            absl::FunctionRef<void(const User*, stream::EphemeralPosition head)> read) const;

 private:
  bool ApplyLocked(const std::string& user_id, User& user, const Input& input, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(const std::string& user_id, User& user, bool others) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTimer(const std::string& user_id, User& user, absl::Time wake_at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Config& config_;
  mutable absl::Mutex mutex_;
  stream::EphemeralStream stream_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::unique_ptr<User>> users_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, std::string>> timers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::presence
