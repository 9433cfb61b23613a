#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/runtime/work_pool.h"
#include "services/gateway/endpoint.h"

namespace parley::gateway {

// The transactions of other servers, each done once however often and however many times at once it
// comes: the first one works, the others wait for its answer. Answers are kept for a while; after
// that, and on another gateway, what is in a transaction is still taken once, since events and
// messages have ids. Threads: any. Lifetime: borrows the clock.
class Transactions {
 public:
  explicit Transactions(const Clock& clock) : clock_(clock) {}

  using Work = std::function<absl::StatusOr<std::string>()>;
  // The answer of `work`; an error is not kept. M_LIMIT_EXCEEDED when the one that works is not
  // done by `deadline`.
  absl::StatusOr<std::string> Once(const std::string& origin, const std::string& txn_id,
                                   absl::Time deadline, const Work& work);

  // Threads for rooms of one transaction side by side.
  WorkPool& pool() { return pool_; }

 private:
  struct Entry {
    bool is_done = false;
    bool has_failed = false;
    std::string answer;
  };

  void ForgetOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::pair<absl::Time, std::string>> done_ ABSL_GUARDED_BY(mutex_);  // the oldest first
  WorkPool pool_{{.name = "transaction", .threads = 32, .max_queued = 4096}};
};

}  // namespace parley::gateway
