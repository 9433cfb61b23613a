#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/bus/bus.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/events.parley.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/profile/config.h"
#include "services/profile/job.h"
#include "services/profile/metrics.h"
#include "services/profile/names.h"

namespace parley::profile {

// Carries a new name or avatar to presence and to every room of the user (S53–S60). One job a user,
// whose latest generation wins; a step that fails is tried again, and what is not done when the
// process ends is found in the store at the next start. Each room is written once for a generation,
// however often it is tried: the write's key is (user, generation).
//
// A job ends some time after its last room (Config::settle): a join that was under way with the old
// name when the change came is seen in the user's stream, and at the end once more for certain.
//
// Threads: any. Lifetime: borrows all of Deps.
class Propagator {
 public:
  struct Deps {
    bus::Bus& bus;
    accounts::AccountsService& accounts;
    events::EventsService& events;
    presence::PresenceService& presence;
    const Names& names;
    Metrics& metrics;
    // Makes durable that all rooms of the user have this generation.
    std::function<absl::Status(const std::string& user_id, int64_t generation)> done;
  };
  struct Progress {
    size_t rooms_pending = 0;
    size_t rooms_done = 0;
    absl::Time started;
    bool settling = false;
  };

  Propagator(const Config& config, Deps deps);
  ~Propagator();

  // The user's name has changed, or was not propagated to the end before.
  void Add(const std::string& user_id);

  // Nothing when no job of the user's is under way.
  std::optional<Progress> ProgressOf(const std::string& user_id) const;

 private:
  // What a worker does next: one call to one service.
  struct Step {
    enum class Kind { kAnnounce, kList, kRoom, kEnd };
    std::string user_id;
    Kind kind = Kind::kList;
    Partition lane = 0;

    friend auto operator<=>(const Step&, const Step&) = default;
  };
  // A job's generation and what it brings.
  struct Work {
    int64_t generation = 0;
    Names::Name name;
  };

  void Run();
  std::optional<Step> NextStep();
  bool HasStepOrEnds() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void MoveDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnWake(const bus::Wake& wake);

  std::optional<Work> WorkOf(const std::string& user_id) const;
  void Do(const Step& step);
  absl::Status Announce(const Step& step, const Work& work);
  absl::Status List(const Step& step, const Work& work);
  absl::Status WriteRoom(const Step& step, const Work& work);
  absl::Status End(const Step& step, const Work& work);
  absl::StatusOr<std::vector<std::string>> JoinedRooms(const Step& step, const Work& work);
  absl::Status UpdateRoom(const Step& step, const Work& work, const std::string& room_id);

  void ListAgain(const std::string& user_id, Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle(const std::string& user_id, Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TryLater(const Step& step, const absl::Status& status);
  void Measure() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Config& config_;
  const Deps deps_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Job, std::less<>> jobs_ ABSL_GUARDED_BY(mutex_);  // by user
  std::deque<Step> ready_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, Step>> due_ ABSL_GUARDED_BY(mutex_);
  std::map<Step, absl::Duration> backoff_ ABSL_GUARDED_BY(mutex_);  // of steps that failed
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bus::Bus::SubscriptionPtr subscription_;
  std::vector<std::thread> threads_;
};

}  // namespace parley::profile
