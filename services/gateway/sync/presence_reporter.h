#pragma once

#include <string>
#include <thread>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "parley/common/v1/common.pb.h"
#include "parley/presence/v1/presence.pb.h"

namespace parley::presence {
class PresenceService;
}

namespace parley::gateway {

// Tells `presence` which devices sync here: one batch a second, a device at least every ten seconds while it comes back, at once
// when it is new or says something else. `presence` forgets a device that it has not heard of for 30 s.
//
// Threads: safe from any. Lifetime: borrows the service. A failed report is repeated with the next.
class PresenceReporter {
 public:
  PresenceReporter(presence::PresenceService& presence, std::string gateway_name);
  ~PresenceReporter();

  // A sync of this device has come, with this set_presence.
  void Seen(const common::v1::Requester& requester, const std::string& set_presence);

 private:
  struct Device {
    std::string set_presence;
    absl::Time seen;
    absl::Time reported = absl::InfinitePast();
  };

  void Run();
  presence::v1::ReportSessionsRequest TakeDue(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  presence::PresenceService& presence_;
  const std::string gateway_name_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::pair<std::string, std::string>, Device> devices_ ABSL_GUARDED_BY(mutex_);
  bool urgent_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace parley::gateway
