#include "services/parley/gateway_part.h"

#include <utility>

#include <absl/strings/escaping.h>
#include <absl/time/clock.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/head_watcher.h"
#include "common/runtime/periodic.h"
#include "common/runtime/work_pool.h"
#include "common/status/macros.h"
#include "common/stream/position.h"
#include "services/gateway/activity.h"
#include "services/gateway/all_routes.h"
#include "services/gateway/federation/routes.h"
#include "services/gateway/federation/transactions.h"
#include "services/gateway/gateway.h"
#include "services/gateway/last_seen.h"
#include "services/gateway/own_writes.h"
#include "services/gateway/profile_cache.h"
#include "services/gateway/federation/remote_names.h"
#include "services/gateway/remote_rooms.h"
#include "services/gateway/sync/filter_cache.h"
#include "services/gateway/sync/sync.h"

namespace parley {
namespace {

using stream::NameOf;
using stream::StreamKind;

constexpr absl::Duration kPollTimeout = absl::Seconds(5);
constexpr absl::Duration kActivityTick = absl::Seconds(1);
constexpr int kSyncThreads = 32;

// Names this process to `presence` among all gateways, and anew after each start.
std::string GatewayName() { return "gateway-" + absl::BytesToHexString(Rng::System().Bytes(8)); }

// Members stand in the order they are made, and end in the opposite one.
class WiredGateway final : public GatewayPart {
 public:
  WiredGateway(const Config& config, Peers& peers, bus::Bus& bus, metrics::Registry& registry)
      : config_(config), peers_(peers), bus_(bus), registry_(registry) {}

  // What the watcher tells, it tells to members that end before it.
  ~WiredGateway() override { heads_.Stop(); }

  absl::Status Listen() {
    gateway::Router router;
    gateway::AddAllRoutes(router, DepsOf(config_.gateway), sync_, filters_);
    if (config_.inbound.on_client_listener) AddFederation(router, config_.gateway);
    registry_.AddGauge("parley_gateway_parked_syncs", "Long polls that wait for news", {},
                       [this] { return static_cast<double>(sync_.waiting()); });
    registry_.AddGauge("parley_gateway_sync_sessions", "Users whose sync this gateway remembers", {},
                       [this] { return static_cast<double>(sync_.sessions()); });
    PARLEY_TRY(gateway_, gateway::Gateway::Start(config_.gateway, std::move(router), authenticator_, last_seen_,
                                                 registry_, Clock::System()));
    PARLEY_RETURN_IF_ERROR(ListenToServers());
    caches_stand_ = true;
    return absl::OkStatus();
  }

  uint16_t port() const override { return gateway_->port(); }
  uint16_t federation_port() const override { return federation_gateway_ ? federation_gateway_->port() : 0; }
  void Stop(absl::Duration grace) override {
    sync_.End();
    gateway_->Stop(grace);
    if (federation_gateway_) federation_gateway_->Stop(grace);
  }

 private:
  gateway::Deps DepsOf(const gateway::Config& config) {
    return {config,    Clock::System(), peers_.accounts,   own_writes_,           activity_,
            profiles_, peers_.calls,    peers_.federation, peers_.room_federation,
            peers_.media};
  }

  void AddFederation(gateway::Router& router, const gateway::Config& config) {
    gateway::AddFederationRoutes(router, {DepsOf(config), server_auth_, transactions_, remote_rooms_, remote_names_});
  }

  absl::Status ListenToServers() {
    if (config_.listen.federation.empty()) return absl::OkStatus();
    const gateway::Config& config = config_.federation_gateway;
    gateway::Router router;
    AddFederation(router, config);
    gateway::AddOpenIdUserInfoRoutes(router, DepsOf(config));
    PARLEY_TRY(federation_gateway_, gateway::Gateway::Start(config, std::move(router), authenticator_, last_seen_,
                                                            registry_, Clock::System()));
    return absl::OkStatus();
  }

  // What the caches rest on.
  bus::HeadWatcher::Options WatchUsers() {
    bus::HeadWatcher::Options options;
    options.services = {std::string(NameOf(StreamKind::kAccounts)), std::string(NameOf(StreamKind::kProfile))};
    options.poll = [this](const std::string& service) { return Poll(service); };
    options.on_head = [this](const bus::Head& head) {
      if (!caches_stand_) return;
      authenticator_.OnHead(head);
      profiles_.OnHead(head);
    };
    return options;
  }

  std::vector<bus::Head> Poll(const std::string& service) {
    const rpc::Call call{absl::Now() + kPollTimeout, "heads"};
    const bool of_accounts = service == NameOf(StreamKind::kAccounts);
    const auto answer = of_accounts ? peers_.accounts.Heads(call, {}) : peers_.profile.Heads(call, {});
    return answer.ok() ? bus::HeadsOf(service, answer->heads()) : std::vector<bus::Head>();
  }

  const Config& config_;
  Peers& peers_;
  bus::Bus& bus_;
  metrics::Registry& registry_;
  std::atomic<bool> caches_stand_ = false;
  bus::HeadWatcher heads_{bus_, Clock::System(), WatchUsers()};
  gateway::Authenticator authenticator_{config_.partitions, {peers_.accounts, bus_, heads_, Clock::System()}};
  gateway::ProfileCache profiles_{config_.partitions, {peers_.profile, bus_, heads_}};
  gateway::ActivityGathering activity_{peers_.presence, Clock::System()};
  Periodic activity_tick_{"activity", kActivityTick, [this] { activity_.Tick(); }};
  gateway::LastSeen last_seen_{peers_.accounts};
  Periodic last_seen_tick_{"last-seen", gateway::LastSeen::kPeriod, [this] { last_seen_.Tick(); }};
  WorkPool sync_pool_{{.name = "sync", .threads = kSyncThreads, .max_queued = 65'536}};
  gateway::RemoteRooms remote_rooms_{peers_.room_federation, Clock::System(), config_.server_name};
  gateway::RemoteNames remote_names_{peers_.events, peers_.presence, Clock::System()};
  gateway::Sync sync_{{peers_.accounts, peers_.events, peers_.presence, peers_.calls, remote_rooms_, bus_,
                       Clock::System(), sync_pool_, config_.partitions, GatewayName(), config_.gateway.presence}};
  gateway::OwnWrites own_writes_{
      peers_.events, [this](const std::string& room_id, int64_t position) { sync_.Wrote(room_id, position); }};
  gateway::FilterCache filters_{peers_.accounts};
  gateway::ServerAuth server_auth_{config_.server_name, {peers_.federation, Clock::System(), registry_}};
  gateway::Transactions transactions_{Clock::System()};
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<gateway::Gateway> federation_gateway_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<GatewayPart>> GatewayPart::Start(const Config& config, Peers& peers, bus::Bus& bus,
                                                                metrics::Registry& registry) {
  auto part = std::make_unique<WiredGateway>(config, peers, bus, registry);
  PARLEY_RETURN_IF_ERROR(part->Listen());
  return part;
}

}  // namespace parley
