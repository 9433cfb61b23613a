#include "services/parley/process.h"

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/match.h>
#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/bus/bus.h"
#include "common/bus/dropping_bus.h"
#include "common/bus/heartbeat.h"
#include "common/lease/directory.h"
#include "common/lease/keeper.h"
#include "common/metrics/registry.h"
#include "common/metrics/rpc_observer.h"
#include "common/rpc/grpc/server.h"
#include "common/rpc/local_channel.h"
#include "common/runtime/log.h"
#include "common/runtime/signals.h"
#include "common/runtime/work_pool.h"
#include "common/status/macros.h"
#include "services/parley/admin_listener.h"
#include "services/parley/bus_choice.h"
#include "services/parley/bus_metrics.h"
#include "services/parley/data_folder.h"
#include "services/parley/deployment.h"
#include "services/parley/gateway_part.h"
#include "services/parley/lease_metrics.h"
#include "services/parley/local_services.h"
#include "services/parley/migrations.h"
#include "services/parley/owner_guard.h"
#include "services/parley/peers.h"
#include "services/parley/store_choice.h"
#include "services/parley/store_metrics.h"

namespace parley {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(5);

// Members stand in the order they are made, and end in the opposite one.
class WiredProcess final : public Process {
 public:
  WiredProcess(const Config& config, const Targets& targets) : config_(config), targets_(targets) {}
  ~WiredProcess() override { Stop(); }

  absl::Status Start() {
    PARLEY_TRY(admin_, AdminListener::Start(config_.listen.metrics, registry_));
    PARLEY_TRY(folder_, DataFolder::Open(config_));
    PARLEY_RETURN_IF_ERROR(OpenBus());
    PARLEY_RETURN_IF_ERROR(OpenStore());
    PARLEY_RETURN_IF_ERROR(FindOthers());
    PARLEY_RETURN_IF_ERROR(OpenServices());
    PARLEY_RETURN_IF_ERROR(StartRpc());
    PARLEY_RETURN_IF_ERROR(TakeShare());
    if (services_) services_->Start();
    PARLEY_RETURN_IF_ERROR(StartGateway());
    admin_->SetReady(true);
    rpc_server_->SetServing(true);
    log::Info("serving", {{"server_name", config_.server_name},
                          {"targets", targets_.ToString()},
                          {"client", gateway_ ? config_.listen.client : "none"},
                          {"rpc", rpc_address_},
                          {"metrics_port", admin_->port()}});
    return absl::OkStatus();
  }

  void Stop() override {
    if (stopped_.exchange(true) || !rpc_server_) return;
    log::Info("stopping");
    admin_->SetReady(false);
    rpc_server_->SetServing(false);
    if (gateway_) gateway_->Stop(kGrace);
    GiveShareBack();
    rpc_server_->Stop(kGrace);
    rpc_pool_.Drain();
  }

 private:
  // Calls are still answered: those that come too late are told that another owns what they are about, until all callers
  // have looked who does.
  void GiveShareBack() {
    if (!keeper_) return;
    services_->Stopping();
    keeper_->Stop();
    absl::SleepFor(config_.leases.heartbeat);
  }

  absl::Status OpenBus() {
    if (config_.bus.url == "memory") bus_metrics_.Connected();
    PARLEY_TRY(real_bus_, MakeBus(config_.bus, bus_metrics_));
    if (config_.bus.drop_all) dropping_bus_ = std::make_unique<bus::DroppingBus>(*real_bus_);
    return absl::OkStatus();
  }
  bus::Bus& bus() { return dropping_bus_ ? *dropping_bus_ : *real_bus_; }

  // One store for all services of the process; a process without any (the gateway) has none.
  absl::Status OpenStore() {
    if (!targets_.HasOwners()) return absl::OkStatus();
    PARLEY_TRY(store_, parley::OpenStore(config_, MigrationsOf(config_, targets_), store_metrics_));
    return CheckDeployment(*store_, config_);
  }

  absl::Status FindOthers() {
    if (!config_.is_cluster()) return peers_.ConnectRemote(config_, targets_);
    const std::vector<std::string> all = Targets::Parse("all")->Owners();
    directory_ = std::make_unique<lease::Directory>(PostgresServer(config_), LeaseUnits(all, config_),
                                                    config_.leases.heartbeat, bus());
    guard_ = std::make_unique<OwnerGuard>(LeaseUnits(targets_.Owners(), config_), *directory_);
    dispatcher_.SetGuard(*guard_);
    return peers_.ConnectOwners(config_, *directory_, own_);
  }

  // Returns when this process has what is to be had: nothing, if the others have it all.
  absl::Status TakeShare() {
    if (!services_) return absl::OkStatus();
    if (!config_.is_cluster()) return OwnEverything();
    own_.AnswerAt(Advertised());
    lease::KeeperOptions options{.server = PostgresServer(config_),
                                 .services = {},
                                 .units = LeaseUnits(targets_.Owners(), config_),
                                 .address = Advertised(),
                                 .lifetime = config_.leases.lifetime,
                                 .heartbeat = config_.leases.heartbeat};
    for (const auto& [service, units] : options.units) options.services[service] = &guard_->Of(service);
    keeper_ = std::make_unique<lease::Keeper>(std::move(options), bus(), *services_, lease_metrics_);
    keeper_->Start();
    while (!keeper_->WaitForShare(absl::Now() + config_.leases.heartbeat)) {
      if (StopSignal::Pending()) return absl::CancelledError("stopped while the database was away");
    }
    return absl::OkStatus();
  }

  absl::Status OwnEverything() {
    for (const auto& [service, units] : LeaseUnits(targets_.Owners(), config_)) {
      lease_metrics_.Owned(service, units);
      lease_metrics_.Moved(service, "claimed", units);
    }
    return absl::OkStatus();
  }

  std::string Advertised() const {
    const std::string& text = config_.listen.rpc_advertise;
    if (text.empty()) return rpc_address_;
    return absl::EndsWith(text, ":0") ? StrCat(text.substr(0, text.size() - 1), rpc_server_->port()) : text;
  }

  absl::Status OpenServices() {
    if (!store_) return absl::OkStatus();
    PARLEY_TRY(signing_key_, folder_->LoadSigningKey());
    PARLEY_TRY(auto old_keys, folder_->LoadOldKeys());
    PARLEY_TRY(services_, LocalServices::Open({config_, targets_, *store_, bus(), *signing_key_, registry_, peers_,
                                               dispatcher_, std::move(old_keys)}));
    for (const char* service : {"events", "accounts", "profile"}) {  // the others' streams are not kept
      if (!targets_.Has(service)) continue;
      registry_.AddGauge("parley_stream_head", "Positions given out in the partitions that this process owns",
                         {{"stream", service}}, [this, service] { return SumOfHeads(service); });
    }
    heartbeats_ = std::make_unique<bus::HeartbeatSender>(
        bus(), Clock::System(), bus::HeartbeatSender::Options{.heads = [this] { return services_->Heads(); }});
    return absl::OkStatus();
  }

  double SumOfHeads(const std::string& stream) const {
    double sum = 0;
    if (stopped_) return sum;
    for (const bus::Head& head : services_->Heads()) {
      if (head.topic.service == stream) sum += static_cast<double>(head.position);
    }
    return sum;
  }

  absl::Status StartGateway() {
    if (!targets_.Has("gateway")) return absl::OkStatus();
    PARLEY_TRY(gateway_, GatewayPart::Start(config_, peers_, bus(), registry_));
    return absl::OkStatus();
  }

  absl::Status StartRpc() {
    registry_.AddGauge("parley_rpc_queued_calls", "Calls that wait for a thread", {},
                       [this] { return static_cast<double>(rpc_pool_.queued()); });
    registry_.AddGauge("parley_rpc_busy_threads", "Threads that serve a call", {},
                       [this] { return static_cast<double>(rpc_pool_.busy()); });
    PARLEY_TRY(rpc_server_, rpc::Server::Start({.addresses = {config_.listen.rpc}, .token = config_.rpc.token}, dispatcher_, rpc_pool_, served_));
    rpc_address_ = config_.listen.rpc;
    if (rpc_server_->port() != 0) {
      rpc_address_ = StrCat(rpc_address_.substr(0, rpc_address_.rfind(':')), ":", rpc_server_->port());
    }
    return folder_->PublishRpcAddress(rpc_address_);
  }

  const Config& config_;
  const Targets targets_;
  std::atomic<bool> stopped_ = false;
  std::string rpc_address_;

  metrics::Registry registry_;
  metrics::RpcObserver called_{registry_, "client"};
  metrics::RpcObserver served_{registry_, "server"};
  StoreMetrics store_metrics_{registry_};
  std::unique_ptr<AdminListener> admin_;
  std::unique_ptr<DataFolder> folder_;
  BusMetrics bus_metrics_{registry_};
  std::unique_ptr<bus::Bus> real_bus_;
  std::unique_ptr<bus::DroppingBus> dropping_bus_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<lease::Directory> directory_;
  rpc::Dispatcher dispatcher_;
  rpc::LocalChannel own_channel_{dispatcher_};
  OwnServices own_{own_channel_};
  Peers peers_{called_};
  std::unique_ptr<OwnerGuard> guard_;
  std::optional<crypto::SigningKey> signing_key_;
  std::unique_ptr<LocalServices> services_;
  LeaseMetrics lease_metrics_{registry_};
  std::unique_ptr<lease::Keeper> keeper_;
  std::unique_ptr<bus::HeartbeatSender> heartbeats_;
  WorkPool rpc_pool_{{.name = "rpc", .threads = config_.rpc.threads, .max_queued = config_.rpc.max_queued}};
  std::unique_ptr<rpc::Server> rpc_server_;
  std::unique_ptr<GatewayPart> gateway_;
};

}  // namespace

absl::Status MigrateStore(const Config& config, bool restored) {
  PARLEY_TRY(const auto folder, DataFolder::Open(config));
  {
    PARLEY_TRY(const auto store,
               parley::OpenStore(config, MigrationsOf(config, *Targets::Parse("all")), store::Probe::Silent()));
    PARLEY_RETURN_IF_ERROR(CheckDeployment(*store, config));
  }
  return restored ? RenewIncarnation(config) : absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Process>> Process::Start(const Config& config, const Targets& targets) {
  auto process = std::make_unique<WiredProcess>(config, targets);
  PARLEY_RETURN_IF_ERROR(process->Start());
  return process;
}

}  // namespace parley
