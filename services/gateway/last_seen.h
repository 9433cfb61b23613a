#pragma once

#include <cstdint>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>

#include "common/http/message.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "services/gateway/endpoint.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::gateway {

// Remembers from where each device asked, and tells `accounts` of all of them once a minute, beside
// the requests: so "last seen" is true to the minute and costs a request no call and no commit.
//
// Threads: safe from any; Tick by one. Lifetime: borrows the service. Memory: the devices of one
// minute, at most kMaxDevices; more are not told of. What is not told when the process ends, or
// could not be, is lost.
class LastSeen {
 public:
  static constexpr absl::Duration kPeriod = absl::Minutes(1);
  static constexpr size_t kMaxDevices = 200'000;

  explicit LastSeen(accounts::AccountsService& accounts) : accounts_(accounts) {}

  // Never waits.
  void Seen(const Requester& requester, const http::Request& request);
  // To be called once a kPeriod.
  void Tick();

 private:
  using Devices = absl::flat_hash_map<int64_t, accounts::v1::RecordSeenRequest>;  // by token

  accounts::AccountsService& accounts_;
  absl::Mutex mutex_;
  Devices devices_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::gateway
