#pragma once

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/functional/any_invocable.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/runtime/work_pool.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/events.parley.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/profile/config.h"
#include "services/profile/metrics.h"
#include "services/profile/names.h"

namespace parley::profile {

// Carries a new name or avatar to presence and to every room of the user (S53–S60). One job a user: the latest generation
// wins, a job that fails is tried again, and what is not done when the process ends is found in the store at the next
// start. Each room is written once for a generation, however often it is tried: the write's key is (user, generation).
//
// Threads: any. Lifetime: borrows all of Deps.
class Propagator {
 public:
  struct Deps {
    accounts::AccountsService& accounts;
    events::EventsService& events;
    presence::PresenceService& presence;
    Names& names;
    const Metrics& metrics;
    // Makes durable that all rooms of the user have this generation.
    std::function<absl::Status(const std::string& user_id, int64_t generation)> done;
  };

  Propagator(const Config& config, Deps deps);
  ~Propagator();

  // The user's name has changed, or was not propagated to the end before.
  void Add(const std::string& user_id);

 private:
  using Due = std::pair<absl::Time, std::string>;

  void Run();
  bool HasWorkOrEnds() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Try(const std::string& user_id);
  absl::Status Propagate(const std::string& user_id, const Names::Name& name);
  absl::Status Announce(const std::string& user_id, const Names::Name& name);
  absl::StatusOr<std::set<std::string>> JoinedRooms(const std::string& user_id);
  absl::Status UpdateRooms(const std::string& user_id, const Names::Name& name, const std::vector<std::string>& rooms);
  absl::Status UpdateRoom(const std::string& user_id, const Names::Name& name, const std::string& room_id);
  bool IsCurrent(const std::string& user_id, const Names::Name& name) const;

  const Config& config_;
  const Deps deps_;
  WorkPool rooms_;
  absl::Mutex mutex_;
  std::set<Due> queue_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, absl::Duration> backoff_ ABSL_GUARDED_BY(mutex_);  // of jobs that failed
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace parley::profile
