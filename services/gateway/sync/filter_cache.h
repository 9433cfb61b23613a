#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/rpc/call.h"
#include "services/gateway/sync/sync_filter.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::gateway {

// Parsed /sync filters. A stored filter never changes under its id, so it is asked for once.
//
// Threads: safe from any. Lifetime: borrows the service. Memory: emptied when it holds `capacity` filters.
class FilterCache {
 public:
  explicit FilterCache(accounts::AccountsService& accounts, size_t capacity = 20'000)
      : accounts_(accounts), capacity_(capacity) {}

  // `parameter`: the `filter` of a /sync: a filter id, an inline filter, or empty. M_INVALID_PARAM for an id that does not
  // exist, M_NOT_JSON and M_BAD_JSON for a bad inline filter.
  absl::StatusOr<std::shared_ptr<const SyncFilter>> Get(const rpc::Call& call, std::string_view user_id,
                                                        std::string_view parameter);

 private:
  absl::StatusOr<std::shared_ptr<const SyncFilter>> Load(const rpc::Call& call, std::string_view user_id,
                                                         std::string_view parameter);

  accounts::AccountsService& accounts_;
  const size_t capacity_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::pair<std::string, std::string>, std::shared_ptr<const SyncFilter>> filters_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::gateway
