#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/bus/bus.h"
#include "common/lease/lease_table.h"

namespace parley::lease {

// Where the owners of services are called: read from the table every heartbeat, when the bus tells
// of a change, and when a caller found nobody at the address it was given.
//
// Threads: any. Lifetime: borrows the bus.
class Directory {
 public:
  Directory(store::postgres::ConnectionOptions server, std::vector<std::string> services,
            absl::Duration heartbeat, bus::Bus& bus);
  ~Directory();

  struct Place {
    MemberId owner = 0;  // 0: nobody
    std::string address;
  };
  // Waits until the service has an owner that serves and is not `not_this`; nobody when the
  // deadline came first.
  Place Find(const std::string& service, MemberId not_this, absl::Time deadline);

 private:
  void Run();
  void Refresh();
  void LookSoon();

  const store::postgres::ConnectionOptions server_;
  const std::vector<std::string> services_;
  const absl::Duration heartbeat_;
  std::unique_ptr<LeaseTable> table_;

  absl::Mutex mutex_;
  std::map<std::string, Place> places_ ABSL_GUARDED_BY(mutex_);
  bool look_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bus::Bus::SubscriptionPtr subscription_;
  std::thread thread_;
};

}  // namespace parley::lease
