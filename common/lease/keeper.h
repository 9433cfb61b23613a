#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/bus/bus.h"
#include "common/lease/lease_table.h"

namespace parley::lease {

// The stream name under which a change of owners is told on the bus; the key is the service.
inline constexpr std::string_view kTopic = "leases";

struct KeeperOptions {
  store::postgres::ConnectionOptions server;
  std::vector<std::string> services;  // each is one unit, owned whole
  absl::Duration lifetime = absl::Seconds(10);
  absl::Duration heartbeat = absl::Milliseconds(500);
};

// Gets the leases of a process' services and keeps them. A process that waits for one stands by:
// it takes over within two heartbeats of its owner's end.
//
// Threads: Acquire, Serve and the destructor by one; renewals have a thread of their own.
// Lifetime: borrows the bus.
class Keeper {
 public:
  Keeper(KeeperOptions options, bus::Bus& bus);
  // Stops renewing and gives the leases back.
  ~Keeper();

  // Blocks until all services are ours, or until `stopped` says so (Cancelled). A server that is
  // away is waited for.
  absl::Status Acquire(const std::function<bool()>& stopped);

  // Renews from now on, telling callers that the services answer at `address`. `on_lost` runs once,
  // on the keeper's thread, when another has taken one of them.
  void Serve(const std::string& address, std::function<void()> on_lost);

 private:
  absl::Status Connect();
  absl::Status TryClaim(const std::string& service);
  absl::StatusOr<bool> RenewAll();
  void Announce();
  void Run();

  const KeeperOptions options_;
  const MemberId me_;
  bus::Bus& bus_;
  std::unique_ptr<LeaseTable> table_;
  std::map<std::string, std::vector<MemberId>> seen_;  // who was there at the last look
  std::vector<std::string> owned_;
  std::string address_;
  std::function<void()> on_lost_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace parley::lease
