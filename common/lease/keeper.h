#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "common/bus/bus.h"
#include "common/lease/lease_table.h"
#include "common/lease/ownership.h"

namespace parley::lease {

// The stream name under which a change of owners is told on the bus; the key is the service.
inline constexpr std::string_view kTopic = "leases";

// What a process does with the units it gets. Called by the keeper's thread, one at a time.
class Holder {
 public:
  virtual ~Holder() = default;

  // Takes the units' streams over and loads what it needs. An error gives them back.
  virtual absl::Status OpenUnits(const std::string& service, absl::Span<const Partition> units) = 0;
  // Drops what it remembers of them. No call is inside any more, or it took too long.
  virtual void CloseUnits(const std::string& service, absl::Span<const Partition> units) = 0;
};

// Is told how leases move. Threads: called from the keeper's.
class LeaseProbe {
 public:
  virtual ~LeaseProbe() = default;
  virtual void Owned(const std::string& /*service*/, size_t /*units*/) {}
  // `how`: "claimed", "released", "lost".
  virtual void Moved(const std::string& /*service*/, std::string_view /*how*/, size_t /*units*/) {}
};

struct KeeperOptions {
  store::postgres::ConnectionOptions server;
  std::map<std::string, Ownership*> services;  // by name, each with its units
  std::map<std::string, uint32_t> units;
  std::string address;  // where the services of this process are called
  absl::Duration lifetime = absl::Seconds(10);
  absl::Duration heartbeat = absl::Milliseconds(500);
  // How long calls that are inside may take to leave a unit that is given up.
  absl::Duration patience = absl::Seconds(5);
};

// Keeps this process' fair share of its services' units, without a coordinator: every heartbeat, and
// when the bus tells of a change, it looks at the table and does what Decide says. One whose process
// ended is replaced within two looks; one that is silent, when its lease ends.
//
// Threads: made, started and stopped by one; the rest happens on a thread of its own. Lifetime:
// borrows bus, holder and probe.
class Keeper {
 public:
  Keeper(KeeperOptions options, bus::Bus& bus, Holder& holder, LeaseProbe& probe);
  // Stop.
  ~Keeper();

  // Begins. WaitForShare returns when it has had its first share (true), or at `deadline`.
  void Start();
  bool WaitForShare(absl::Time deadline);

  // Gives everything back, when the calls inside have left, and ends the thread.
  void Stop();

 private:
  struct Service {
    uint32_t units = 0;
    Ownership* ownership = nullptr;
    std::set<Partition> mine;
    std::set<MemberId> seen;  // who was connected at the last look
    bool looked = false;
  };

  void Run();
  // True when something moved, or somebody may be gone: look again soon.
  absl::StatusOr<bool> Look();
  absl::StatusOr<bool> Look(const std::string& name, Service& service);
  absl::Status Connect();
  absl::Status Renew();
  std::vector<MemberId> Present(Service& service, const std::vector<Member>& members, bool& doubt);
  void DropLost(const std::string& name, Service& service, const std::vector<Owner>& owners);
  absl::Status Settle(const std::string& name, const Service& service,
                      const std::vector<Owner>& owners);
  absl::Status Claim(const std::string& name, Service& service, const Decision& decision,
                     absl::Span<const MemberId> gone);
  absl::Status Release(const std::string& name, Service& service, std::vector<Partition> units);
  void GiveAllBack();
  void Announce(const std::string& name);
  void LookSoon();

  const KeeperOptions options_;
  const MemberId me_;
  bus::Bus& bus_;
  Holder& holder_;
  LeaseProbe& probe_;
  std::map<std::string, Service> services_;
  std::unique_ptr<LeaseTable> table_;

  absl::Mutex mutex_;
  bool look_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_share_ ABSL_GUARDED_BY(mutex_) = false;
  bus::Bus::SubscriptionPtr subscription_;
  std::thread thread_;
};

}  // namespace parley::lease
