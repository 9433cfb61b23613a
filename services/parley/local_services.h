#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/types/span.h>

#include "common/bus/bus.h"
#include "common/crypto/sign.h"
#include "common/lease/keeper.h"
#include "common/metrics/registry.h"
#include "common/rpc/dispatcher.h"
#include "common/runtime/periodic.h"
#include "common/store/schema.h"
#include "common/store/store.h"
#include "services/accounts/service.h"
#include "services/calls/service.h"
#include "services/events/service.h"
#include "services/federation/service.h"
#include "services/media/blob_folder.h"
#include "services/media/service.h"
#include "services/parley/config.h"
#include "services/parley/peers.h"
#include "services/parley/targets.h"
#include "services/presence/service.h"
#include "services/profile/service.h"

namespace parley {

// The services that run in this process (all but the gateway). Threads: made, opened and ended by one; units are opened and
// closed by another.
class LocalServices final : public lease::Holder {
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

  // Takes the services' partitions over and connects them. In a cluster they own nothing until OpenUnits.
  static absl::StatusOr<std::unique_ptr<LocalServices>> Open(const Needs& needs);

  // Begins what they do by themselves; every service can be called by now.
  void Start();

  absl::Status OpenUnits(const std::string& service, absl::Span<const Partition> units) override;
  // Of a service that is owned whole: another process has taken over, after this one stood still for longer than a lease
  // lasts; what it remembers is old, so it ends at once.
  void CloseUnits(const std::string& service, absl::Span<const Partition> units) override;

  // From now on units are closed because this process ends.
  void Stopping() { stopping_ = true; }

  // Of all durable streams that they own.
  std::vector<bus::Head> Heads() const;

 private:
  explicit LocalServices(const Needs& needs) : needs_(needs), is_cluster_(needs.config.is_cluster()) {}

  absl::Status OpenAll();
  // Of a service whose processes share it by partition. It can be called from the start: in a cluster it owns nothing yet,
  // and the guard of the dispatcher refuses the calls.
  template <class Service, class Config, class Deps, class Link>
  absl::Status OpenShared(const Config& config, const Deps& deps, Link& peer, std::unique_ptr<Service>& service);
  absl::Status OpenEvents();
  absl::Status OpenAccounts();
  absl::Status OpenPresence();
  absl::Status OpenProfile();
  absl::Status OpenCalls();
  absl::Status OpenFederation();
  absl::Status OpenMedia();

  const Needs needs_;
  const bool is_cluster_;
  std::atomic<bool> stopping_ = false;
  // What other processes call; they lead to `federation` once this process owns it.
  federation::FederationLink federation_door_{rpc::NoObserver()};
  federation::DownloadsLink downloads_door_{rpc::NoObserver()};
  std::unique_ptr<events::Service> events_;
  std::unique_ptr<accounts::Service> accounts_;
  std::unique_ptr<presence::Service> presence_;
  std::unique_ptr<profile::Service> profile_;
  std::unique_ptr<calls::Service> calls_;
  std::unique_ptr<federation::Service> federation_;
  std::unique_ptr<media::BlobFolder> blobs_;
  std::unique_ptr<media::Service> media_;
  std::unique_ptr<Periodic> events_tick_;
};

}  // namespace parley
