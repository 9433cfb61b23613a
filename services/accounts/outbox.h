#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/store/batch.h"
#include "services/accounts/account.h"

namespace parley::accounts {

// What other services must be told of a user: written with the change itself, delivered by the Follower.
//
// Threads: every method may be called from any.
class Outbox {
 public:
  // The user's devices or keys changed at `position`: sets it, and tells the rooms.
  void AddDeviceListChange(store::Batch& batch, const Account& account, int64_t position);
  // `kind` is one of tables/outbox.h.
  void AddJob(store::Batch& batch, const Account& account, std::string_view kind, int64_t position);

  // After the commit: there is work in this partition.
  void Kick(Partition partition);
  // Partitions with work; waits for one until `timeout` has passed or Stop.
  std::set<Partition> TakeWork(absl::Duration timeout);
  void Stop();
  bool stopped() const;

 private:
  mutable absl::Mutex mutex_;
  std::set<Partition> work_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace parley::accounts
