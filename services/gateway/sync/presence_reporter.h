#pragma once

#include <memory>
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

// Tells `presence` which devices sync here: one batch a second; a device every ten seconds while it
// has a sync open or comes back soon, at once when it is new or says something else, and once when
// it has gone. `presence` forgets a device that it has not heard of for 30 s.
//
// Threads: safe from any. Lifetime: borrows the service; outlives what Open returned. A failed
// report is repeated with the next.
class PresenceReporter {
 public:
  PresenceReporter(presence::PresenceService& presence, std::string gateway_name);
  ~PresenceReporter();

  // A sync of this device has come, with this set_presence, and is open until what is returned
  // ends.
  std::shared_ptr<void> Open(const common::v1::Requester& requester,
                             const std::string& set_presence);

  // `presence` has lost what it was told: everything is told again at once, who went lately too.
  void RepeatAll();

 private:
  using Key = std::pair<std::string, std::string>;  // user, device
  struct Device {
    std::string set_presence;
    int open = 0;
    absl::Time closed = absl::InfinitePast();  // when the last sync ended
    absl::Time reported = absl::InfinitePast();
    bool end_reported = false;
  };

  void Close(const Key& key);
  void Run();
  presence::v1::ReportSessionsRequest TakeDue(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReportAgain(Device& device) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  presence::PresenceService& presence_;
  const std::string gateway_name_;
  absl::Mutex mutex_;
  absl::flat_hash_map<Key, Device> devices_ ABSL_GUARDED_BY(mutex_);
  bool urgent_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace parley::gateway
