#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/head_watcher.h"
#include "common/rpc/call.h"
#include "services/gateway/endpoint.h"
#include "services/gateway/partition_news.h"
#include "services/gateway/router.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::gateway {

// Who stands behind an access token. What `accounts` said is kept, and counts only while the user's partition was heard
// within two seconds and no news of the user's tokens came: so a logout on one gateway is known on all (architecture §5).
//
// Threads: any. Lifetime: borrows all of Deps.
class Authenticator {
 public:
  struct Deps {
    accounts::AccountsService& accounts;
    bus::Bus& bus;
    const bus::HeadWatcher& heads;
    const Clock& clock;
  };

  Authenticator(uint32_t partitions, Deps deps);

  // M_UNKNOWN_TOKEN, or why accounts could not be asked.
  absl::StatusOr<Requester> Authenticate(const rpc::Call& call, std::string_view token);

  // A head ahead of all that wakes told (HeadWatcher::Options::on_head): whom it was about is not known.
  void OnHead(const bus::Head& head);

  // A request that this gateway carried ended tokens. Their wake may be late or lost, so nothing
  // that was kept counts any more: rare, and the price is one question to accounts for each token.
  void ForgetAll();

  // Answers given without asking accounts, for metrics.
  int64_t hits() const { return hits_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    Requester requester;
    uint32_t partition = 0;
    PartitionNews::Number kept_at = 0;
  };

  std::optional<Requester> FromCache(std::string_view token);
  absl::StatusOr<Entry> Ask(const rpc::Call& call, std::string_view token);
  PartitionNews::Number NewsSoFar();
  void Keep(std::string_view token, Entry entry, PartitionNews::Number asked_at);
  void ForgetOthersOfDevice(std::string_view token, const Requester& requester)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnWake(const bus::Wake& wake);
  void Forget(std::string_view user_id, uint32_t partition);
  void ForgetPartition(uint32_t partition);

  const Deps deps_;
  std::atomic<int64_t> hits_ = 0;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by token
  absl::flat_hash_map<std::string, std::vector<std::string>> tokens_ ABSL_GUARDED_BY(mutex_);  // by user
  PartitionNews news_ ABSL_GUARDED_BY(mutex_);
  std::vector<bus::Bus::SubscriptionPtr> subscriptions_;
};

// Whether `requester` may use a route with this requirement: M_USER_LOCKED, M_GUEST_ACCESS_FORBIDDEN.
absl::Status CheckAccess(Auth auth, const Requester& requester);

}  // namespace parley::gateway
