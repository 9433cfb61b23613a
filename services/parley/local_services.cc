#include "services/parley/local_services.h"

#include <cstdlib>

#include <absl/time/clock.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/runtime/log.h"
#include "common/status/macros.h"
#include "common/stream/position.h"
#include "services/calls/store.h"
#include "services/events/store.h"
#include "services/federation/store.h"
#include "services/media/store.h"
#include "services/presence/store.h"
#include "services/profile/store.h"

namespace parley {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);

rpc::Call OwnCall() { return {absl::Now() + absl::Seconds(10), "tick"}; }

void Append(std::vector<store::Migration>& to, std::vector<store::Migration> from) {
  for (store::Migration& migration : from) to.push_back(std::move(migration));
}

using Heads = google::protobuf::RepeatedPtrField<common::Head>;

void AppendHeads(const Heads& heads, stream::StreamKind kind, std::vector<bus::Head>& to) {
  for (const common::Head& head : heads) {
    const bool ephemeral = head.epoch() != 0;
    const int64_t position =
        ephemeral ? stream::EphemeralPosition{head.epoch(), head.position()}.Packed() : head.position();
    to.push_back({{std::string(stream::NameOf(kind)), head.partition()}, position});
  }
}

template <class Service>
void AppendHeads(Service* service, stream::StreamKind kind, std::vector<bus::Head>& to) {
  if (service == nullptr) return;
  const auto answer = service->Heads(OwnCall(), {});
  if (!answer.ok()) return;
  AppendHeads(answer->heads(), kind, to);
  AppendHeads(answer->ephemeral_heads(), stream::StreamKind::kTyping, to);  // only `events` has any
}

}  // namespace

std::vector<store::Migration> LocalServices::Migrations(const Targets& targets) {
  std::vector<store::Migration> all;
  if (targets.Has("events")) Append(all, events::Migrations());
  if (targets.Has("accounts")) Append(all, accounts::Service::Migrations());
  if (targets.Has("calls")) Append(all, calls::Migrations());
  if (targets.Has("federation")) Append(all, federation::Migrations());
  if (targets.Has("media")) Append(all, media::Migrations());
  if (targets.Has("presence")) Append(all, presence::Migrations());
  if (targets.Has("profile")) Append(all, profile::Migrations());
  return all;
}

absl::StatusOr<std::unique_ptr<LocalServices>> LocalServices::Open(const Needs& needs) {
  std::unique_ptr<LocalServices> services(new LocalServices(needs));
  PARLEY_RETURN_IF_ERROR(services->OpenAll());
  return services;
}

// `federation` is owned whole: in a cluster its doors lead nowhere until it is this process that owns it.
absl::Status LocalServices::OpenAll() {
  const Targets& targets = needs_.targets;
  if (targets.Has("events")) PARLEY_RETURN_IF_ERROR(OpenEvents());
  if (targets.Has("accounts")) PARLEY_RETURN_IF_ERROR(OpenAccounts());
  if (targets.Has("presence")) PARLEY_RETURN_IF_ERROR(OpenPresence());
  if (targets.Has("profile")) PARLEY_RETURN_IF_ERROR(OpenProfile());
  if (targets.Has("calls")) PARLEY_RETURN_IF_ERROR(OpenCalls());
  if (targets.Has("media")) PARLEY_RETURN_IF_ERROR(OpenMedia());
  if (!targets.Has("federation")) return absl::OkStatus();
  federation::Serve(federation_door_, needs_.dispatcher);
  federation::Serve(downloads_door_, needs_.dispatcher);
  return is_cluster_ ? absl::OkStatus() : OpenFederation();
}

absl::Status LocalServices::OpenUnits(const std::string& service, absl::Span<const Partition> units) {
  if (service == "events") return events_->OpenPartitions(units);
  if (service == "accounts") return accounts_->OpenPartitions(units);
  if (service == "profile") return profile_->OpenPartitions(units);
  if (service == "media") return media_->OpenPartitions(units);
  if (service == "presence") return presence_->OpenPartitions(units);
  if (service == "calls") return calls_->OpenPartitions(units);
  PARLEY_RETURN_IF_ERROR(OpenFederation());
  federation_->Start();
  return absl::OkStatus();
}

void LocalServices::CloseUnits(const std::string& service, absl::Span<const Partition> units) {
  if (service == "events") return events_->ClosePartitions(units);
  if (service == "accounts") return accounts_->ClosePartitions(units);
  if (service == "profile") return profile_->ClosePartitions(units);
  if (service == "media") return media_->ClosePartitions(units);
  if (service == "presence") return presence_->ClosePartitions(units);
  if (service == "calls") return calls_->ClosePartitions(units);
  if (stopping_) return;
  log::Error("another process has taken over, this one ends", {{"service", service}});
  std::_Exit(1);
}

template <class Service, class Config, class Deps, class Link>
absl::Status LocalServices::OpenShared(const Config& config, const Deps& deps, Link& peer,
                                       std::unique_ptr<Service>& service) {
  if (is_cluster_) {
    service = std::make_unique<Service>(config, deps);
  } else {
    PARLEY_TRY(service, Service::Open(config, deps));
    peer.Connect(*service);
  }
  Serve(*service, needs_.dispatcher);
  return absl::OkStatus();
}

absl::Status LocalServices::OpenEvents() {
  Peers& peers = needs_.peers;
  const events::Deps deps{needs_.store,  needs_.bus,   needs_.signing_key,    Clock::System(),  Rng::System(),
                          peers.accounts, peers.events, peers.room_federation, &peers.federation};
  PARLEY_RETURN_IF_ERROR(OpenShared(needs_.config.events, deps, peers.events, events_));
  if (!is_cluster_) peers.room_federation.Connect(events_->federation());
  events::Serve(events_->federation(), needs_.dispatcher);
  return absl::OkStatus();
}

absl::Status LocalServices::OpenAccounts() {
  Peers& peers = needs_.peers;
  const accounts::Service::Needs needs{needs_.store, needs_.bus,    Clock::System(),  Rng::System(),
                                       peers.events, peers.profile, peers.federation, peers.accounts};
  return OpenShared(needs_.config.accounts, needs, peers.accounts, accounts_);
}

absl::Status LocalServices::OpenPresence() {
  Peers& peers = needs_.peers;
  const presence::Service::Deps deps{needs_.store, needs_.bus, peers.profile, Clock::System(), needs_.registry};
  return OpenShared(needs_.config.presence, deps, peers.presence, presence_);
}

absl::Status LocalServices::OpenProfile() {
  Peers& peers = needs_.peers;
  const profile::Service::Deps deps{needs_.store, needs_.bus,     peers.accounts,
                                    peers.events, peers.presence, needs_.registry};
  return OpenShared(needs_.config.profile, deps, peers.profile, profile_);
}

absl::Status LocalServices::OpenCalls() {
  Peers& peers = needs_.peers;
  const calls::Service::Deps deps{needs_.store,    needs_.bus,    peers.events,
                                  Clock::System(), Rng::System(), needs_.registry};
  return OpenShared(needs_.config.calls, deps, peers.calls, calls_);
}

absl::Status LocalServices::OpenFederation() {
  Peers& peers = needs_.peers;
  PARLEY_TRY(federation_,
             federation::Service::Open(needs_.config.federation,
                                       {needs_.store, needs_.bus, needs_.signing_key, peers.events,
                                        peers.room_federation, peers.accounts, peers.presence,
                                        Clock::System(), Rng::System(), needs_.registry, needs_.old_keys}));
  federation_door_.Connect(*federation_);
  downloads_door_.Connect(federation_->downloads());
  if (is_cluster_) return absl::OkStatus();
  peers.federation.Connect(*federation_);
  peers.downloads.Connect(federation_->downloads());
  return absl::OkStatus();
}

absl::Status LocalServices::OpenMedia() {
  const media::Config& config = needs_.config.media;
  PARLEY_TRY(blobs_, media::BlobFolder::Open(config.path));
  const media::Service::Deps deps{needs_.store,    needs_.bus,    *blobs_,        needs_.peers.downloads,
                                  Clock::System(), Rng::System(), needs_.registry};
  return OpenShared(config, deps, needs_.peers.media, media_);
}

void LocalServices::Start() {
  if (accounts_) accounts_->Start();
  if (calls_) calls_->Start();
  if (!is_cluster_ && federation_) federation_->Start();
  if (events_) events_tick_ = std::make_unique<Periodic>("events-tick", kTick, [this] { events_->Tick(OwnCall()); });
}

std::vector<bus::Head> LocalServices::Heads() const {
  std::vector<bus::Head> heads;
  AppendHeads(events_.get(), stream::StreamKind::kEvents, heads);
  AppendHeads(accounts_.get(), stream::StreamKind::kAccounts, heads);
  AppendHeads(profile_.get(), stream::StreamKind::kProfile, heads);
  AppendHeads(presence_.get(), stream::StreamKind::kPresence, heads);
  AppendHeads(calls_.get(), stream::StreamKind::kCalls, heads);
  return heads;
}

}  // namespace parley
