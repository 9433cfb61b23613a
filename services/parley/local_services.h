#pragma once

#include <memory>
#include <vector>

#include <absl/status/status.h>

#include "common/bus/bus.h"
#include "common/crypto/sign.h"
#include "common/metrics/registry.h"
#include "common/rpc/dispatcher.h"
#include "common/runtime/periodic.h"
#include "common/store/schema.h"
#include "common/store/store.h"
#include "services/accounts/service.h"
#include "services/calls/service.h"
#include "services/events/service.h"
#include "services/federation/service.h"
#include "services/parley/config.h"
#include "services/parley/peers.h"
#include "services/parley/targets.h"
#include "services/presence/service.h"
#include "services/profile/service.h"

namespace parley {

// The services that run in this process (all but the gateway). Threads: made, opened and ended by one.
class LocalServices {
 public:
  struct Needs {
    const Config& config;
    const Targets& targets;
    store::Store& store;
    bus::Bus& bus;
    const crypto::SigningKey& signing_key;
    metrics::Registry& registry;
    Peers& peers;                 // where each finds the others, and they it
    rpc::Dispatcher& dispatcher;  // where other processes find it
    std::vector<federation::PublishedKey> old_keys = {};  // signing keys of before
  };

  // The tables of these services.
  static std::vector<store::Migration> Migrations(const Targets& targets);

  // Takes the services' partitions over and connects them.
  static absl::StatusOr<std::unique_ptr<LocalServices>> Open(const Needs& needs);

  // Begins what they do by themselves; every service can be called by now.
  void Start();

  // Of all durable streams that they own.
  std::vector<bus::Head> Heads() const;

 private:
  explicit LocalServices(const Needs& needs) : needs_(needs) {}

  absl::Status OpenAll();
  absl::Status OpenEvents();
  absl::Status OpenAccounts();
  absl::Status OpenPresence();
  absl::Status OpenProfile();
  absl::Status OpenCalls();
  absl::Status OpenFederation();

  const Needs needs_;
  std::unique_ptr<events::Service> events_;
  std::unique_ptr<accounts::Service> accounts_;
  std::unique_ptr<presence::Service> presence_;
  std::unique_ptr<profile::Service> profile_;
  std::unique_ptr<calls::Service> calls_;
  std::unique_ptr<federation::Service> federation_;
  std::unique_ptr<Periodic> events_tick_;
};

}  // namespace parley
