#pragma once

#include <functional>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "common/runtime/periodic.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/federation/config.h"

namespace parley::federation {

// Tells other servers of the presence of our users: m.presence EDUs to all servers that share a
// room with the user. It listens for the wakes of `presence`; one that is lost costs an update that
// the next one makes good. Who is there is told again every kRepeat: others hold a user whom they
// don't hear of for half an hour for offline. Of who does not let everybody see them, others hear
// that they are offline.
//
// Threads: its own timer. Lifetime: borrows its arguments.
class PresenceSender {
 public:
  static constexpr absl::Duration kRepeat = absl::Minutes(25);

  using Send = std::function<absl::Status(const rpc::Call&, const SendEdusRequest&)>;

  struct Needs {
    bus::Bus& bus;
    accounts::AccountsService& accounts;
    presence::PresenceService& presence;
    const Clock& clock;
  };

  // `is_needed`: false as long as nobody elsewhere can want to know. Quick.
  PresenceSender(const Needs& needs, const Config& config, std::function<bool()> is_needed,
                 Send send);
  ~PresenceSender();

  // Sends what has changed; runs by itself, tests call it.
  void Flush();

 private:
  void OnWake(const bus::Wake& wake);
  absl::Status Tell(const std::string& user_id);
  // Its entry in an EDU; empty when that is what was sent last, and lately.
  absl::StatusOr<std::string> News(const rpc::Call& call, const std::string& user_id);
  absl::StatusOr<json::Object> StatusOf(const rpc::Call& call, const std::string& user_id);
  // Adds those who are to be told again, and forgets what was told of them.
  void TakeDue(absl::flat_hash_set<std::string>& users);

  const Needs needs_;
  const std::string suffix_;  // of our users' ids
  const std::function<bool()> is_needed_;
  const Send send_;
  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> changed_ ABSL_GUARDED_BY(mutex_);
  struct Told {
    std::string entry;  // without times
    absl::Time repeat_at = absl::InfiniteFuture();
  };
  // By user: what was told last. The timer's alone.
  absl::flat_hash_map<std::string, Told> told_;
  bus::Bus::SubscriptionPtr subscription_;
  std::unique_ptr<Periodic> timer_;
};

}  // namespace parley::federation
