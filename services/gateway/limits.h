#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "services/gateway/config.h"
#include "services/gateway/router.h"

// How often one may ask. Client-server API, "Rate limiting".
namespace parley::gateway {

// A bucket for each key. What is kept of a key is one time: when its bucket will be full again. Keys with a full bucket
// are forgotten when there are many, so memory is bounded whoever asks.
// Threads: any.
class RateLimiter {
 public:
  RateLimiter(Rate rate, size_t max_keys) : rate_(rate), max_keys_(max_keys) {}

  // Takes one from the bucket of `key`. Zero, or how long to wait: then nothing was taken.
  absl::Duration Take(std::string_view key, absl::Time now);

 private:
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Rate rate_;
  const size_t max_keys_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, absl::Time> full_at_ ABSL_GUARDED_BY(mutex_);
};

// The limits of the gateway. Threads: any. Lifetime: borrows config and clock.
class Limits {
 public:
  Limits(const Config& config, const Clock& clock);

  // Before anything else is done for a request. M_LIMIT_EXCEEDED with retry_after_ms.
  absl::Status CheckAddress(Limit limit, std::string_view peer);
  // Once it is known who asks.
  absl::Status CheckUser(Limit limit, const Requester& requester);

 private:
  absl::Status Check(RateLimiter& limiter, std::string_view key);
  RateLimiter* LimiterOf(Limit limit);

  const Config& config_;
  const Clock& clock_;
  RateLimiter addresses_, logins_, reads_, writes_;
};

}  // namespace parley::gateway
