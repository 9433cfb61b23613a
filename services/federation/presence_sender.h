#pragma once

#include <functional>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include "common/bus/bus.h"
#include "common/rpc/call.h"
#include "common/runtime/periodic.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/federation/config.h"

namespace parley::federation {

// Tells other servers of the presence of our users: m.presence EDUs to all servers that share a
// room with the user. It listens for the wakes of `presence`; one that is lost costs an update that
// the next one makes good.
//
// Threads: its own timer. Lifetime: borrows its arguments.
class PresenceSender {
 public:
  using Send = std::function<absl::Status(const rpc::Call&, const SendEdusRequest&)>;

  struct Needs {
    bus::Bus& bus;
    accounts::AccountsService& accounts;
    presence::PresenceService& presence;
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
  // Its entry in an EDU; empty when that is what was sent last.
  absl::StatusOr<std::string> News(const rpc::Call& call, const std::string& user_id);

  const Needs needs_;
  const std::string suffix_;  // of our users' ids
  const std::function<bool()> is_needed_;
  const Send send_;
  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> changed_ ABSL_GUARDED_BY(mutex_);
  // By user: what was told last, without times. The timer's alone.
  absl::flat_hash_map<std::string, std::string> told_;
  bus::Bus::SubscriptionPtr subscription_;
  std::unique_ptr<Periodic> timer_;
};

}  // namespace parley::federation
