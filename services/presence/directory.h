#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/functional/function_ref.h>
#include <absl/synchronization/mutex.h>

#include "common/bus/bus.h"
#include "common/runtime/timer_wheel.h"
#include "common/stream/ephemeral.h"
#include "services/presence/audience.h"
#include "services/presence/policy.h"
#include "services/presence/presence.h"
#include "services/presence/store.h"

namespace parley::presence {

struct Profile {
  std::optional<std::string> displayname;
  std::optional<std::string> avatar_url;
};

// The users of one partition, in memory, and the ephemeral stream of their changes.
//
// Threads: any; what happens to one user is ordered. Lifetime: borrows config and bus.
// Memory: kUsualBytes for a user with one device and a name, kMostBytes for one who has everything
// at its limit (devices, status message, name, avatar), and beyond that the names of m.direct
// (kMaxDirect of 255 bytes). Nothing for who was never there. memory_test.cc measures it.
class Directory {
 public:
  static constexpr size_t kUsualBytes = 1024;
  static constexpr size_t kMostBytes = 20 << 10;

  struct User {
    explicit User(std::string_view user_id) : id(user_id) {}

    const std::string id;
    UserPresence presence;
    std::optional<Profile> profile;  // absent: not asked for yet
    Audience audience;
    // Of another server's user, who has no devices here: until when what it said stands.
    std::optional<absl::Time> remote_until;
    // Positions (counters) at which others, those who may or may not see the user now, and the
    // user's own clients had news; 0: never.
    int64_t shown_at = 0;
    int64_t audience_at = 0;
    int64_t own_at = 0;
    // When what others see last changed.
    absl::Time shown_since = absl::InfinitePast();
    // What the store has of the time of the last act.
    absl::Time saved_active = absl::InfinitePast();
  };

  Directory(const Config& config, bus::Bus& bus, Partition partition, int64_t epoch,
            absl::Time now);

  // What an earlier owner had saved. Devices count as there until their gateways had time to report
  // them again. What others may not have heard of is told again.
  void Restore(SavedUser saved, absl::Time now);
  void RestoreAudience(const std::string& user_id, Audience audience);

  // True if others have news.
  bool Apply(const std::string& user_id, const Input& input, absl::Time now);
  void SetProfile(const std::string& user_id, Profile profile, bool announce);
  void SetAudience(const std::string& user_id, Audience audience);
  Audience AudienceOf(std::string_view user_id) const;

  // What the user's own server says; who is not heard of again for remote_lifetime is offline. True
  // if others have news.
  bool SetRemote(const std::string& user_id, View view, absl::Time now);

  // Applies what time alone changes.
  void Tick(absl::Time now);

  // The user as it is to be saved.
  SavedUser Save(const std::string& user_id);
  // Those who changed since they were last saved.
  std::vector<SavedUser> TakeUnsaved();

  // Calls `read` with the user, or null, and the head of the stream, in one consistent moment;
  // don't call back.
  void Read(std::string_view user_id,
            absl::FunctionRef<void(const User*, stream::EphemeralPosition head)> read) const;

 private:
  User& UserFor(std::string_view user_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ApplyLocked(User& user, const Input& input, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(User& user, bool others) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ShowRemote(User& user, View view, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RestoreRemote(SavedUser saved, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TimeOutRemote(User& user, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTimer(User& user, absl::Time wake_at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  SavedUser SaveLocked(User& user) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Config& config_;
  const Partition partition_;
  mutable absl::Mutex mutex_;
  stream::EphemeralStream stream_ ABSL_GUARDED_BY(mutex_);
  // By User::id.
  absl::flat_hash_map<std::string_view, std::unique_ptr<User>> users_ ABSL_GUARDED_BY(mutex_);
  TimerWheel<User*> timers_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<User*> unsaved_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::presence
