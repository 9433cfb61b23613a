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

// Where the owner of each partition is called: read from the table every heartbeat, when the bus
// tells of a change, and when a caller met nobody, or the wrong one, at the address it was given.
//
// Threads: any. Lifetime: borrows the bus.
class Directory {
 public:
  // `units`: of each service.
  Directory(store::postgres::ConnectionOptions server, std::map<std::string, uint32_t> units,
            absl::Duration heartbeat, bus::Bus& bus);
  ~Directory();

  struct Place {
    MemberId owner = 0;  // 0: nobody
    std::string address;

    friend bool operator==(const Place&, const Place&) = default;
  };
  uint32_t UnitsOf(const std::string& service) const { return units_.at(service); }
  // Nobody's, when it is not known or does not serve yet.
  Place Of(const std::string& service, Partition unit) const;
  // Waits until the unit has an owner that serves and is not `not_this`; nobody when the deadline
  // came first.
  Place Find(const std::string& service, Partition unit, MemberId not_this, absl::Time deadline);
  // Each that serves something of the service, once.
  std::vector<Place> Owners(const std::string& service) const;

  // What was read last is wrong.
  void LookSoon();

 private:
  using Places = std::vector<Place>;  // by unit

  void Run();
  void Refresh();

  const store::postgres::ConnectionOptions server_;
  const std::map<std::string, uint32_t> units_;
  const absl::Duration heartbeat_;
  std::unique_ptr<LeaseTable> table_;

  mutable absl::Mutex mutex_;
  std::map<std::string, Places> places_ ABSL_GUARDED_BY(mutex_);
  bool look_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bus::Bus::SubscriptionPtr subscription_;
  std::thread thread_;
};

}  // namespace parley::lease
