#include "services/parley/local_services.h"

#include <absl/time/clock.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/status/macros.h"
#include "common/stream/position.h"
#include "services/calls/store.h"
#include "services/events/store.h"
#include "services/federation/store.h"
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
  if (targets.Has("presence")) Append(all, presence::Migrations());
  if (targets.Has("profile")) Append(all, profile::Migrations());
  return all;
}

absl::StatusOr<std::unique_ptr<LocalServices>> LocalServices::Open(const Needs& needs) {
  std::unique_ptr<LocalServices> services(new LocalServices(needs));
  PARLEY_RETURN_IF_ERROR(services->OpenAll());
  return services;
}

absl::Status LocalServices::OpenAll() {
  const Targets& targets = needs_.targets;
  if (targets.Has("events")) PARLEY_RETURN_IF_ERROR(OpenEvents());
  if (targets.Has("accounts")) PARLEY_RETURN_IF_ERROR(OpenAccounts());
  if (targets.Has("presence")) PARLEY_RETURN_IF_ERROR(OpenPresence());
  if (targets.Has("profile")) PARLEY_RETURN_IF_ERROR(OpenProfile());
  if (targets.Has("calls")) PARLEY_RETURN_IF_ERROR(OpenCalls());
  if (targets.Has("federation")) PARLEY_RETURN_IF_ERROR(OpenFederation());
  return absl::OkStatus();
}

absl::Status LocalServices::OpenEvents() {
  PARLEY_TRY(events_, events::Service::Open(needs_.config.events,
                                            {needs_.store, needs_.bus, needs_.signing_key, Clock::System(),
                                             Rng::System(), needs_.peers.accounts, &needs_.peers.federation}));
  needs_.peers.events.Connect(*events_);
  needs_.peers.room_federation.Connect(events_->federation());
  events::Serve(*events_, needs_.dispatcher);
  events::Serve(events_->federation(), needs_.dispatcher);
  return absl::OkStatus();
}

absl::Status LocalServices::OpenAccounts() {
  PARLEY_TRY(accounts_, accounts::Service::Open(needs_.config.accounts,
                                                {needs_.store, needs_.bus, Clock::System(), Rng::System(),
                                                 needs_.peers.events, needs_.peers.profile,
                                                 needs_.peers.federation}));
  needs_.peers.accounts.Connect(*accounts_);
  accounts::Serve(*accounts_, needs_.dispatcher);
  return absl::OkStatus();
}

absl::Status LocalServices::OpenPresence() {
  PARLEY_TRY(presence_, presence::Service::Open(needs_.config.presence, {needs_.store, needs_.bus, needs_.peers.profile,
                                                                         Clock::System(), needs_.registry,
                                                                         needs_.peers.federation}));
  needs_.peers.presence.Connect(*presence_);
  presence::Serve(*presence_, needs_.dispatcher);
  return absl::OkStatus();
}

absl::Status LocalServices::OpenProfile() {
  Peers& peers = needs_.peers;
  PARLEY_TRY(profile_, profile::Service::Open(needs_.config.profile, {needs_.store, needs_.bus, peers.accounts,
                                                                      peers.events, peers.presence, needs_.registry}));
  peers.profile.Connect(*profile_);
  profile::Serve(*profile_, needs_.dispatcher);
  return absl::OkStatus();
}

absl::Status LocalServices::OpenCalls() {
  PARLEY_TRY(calls_, calls::Service::Open(needs_.config.calls, {needs_.store, needs_.bus, needs_.peers.events,
                                                                Clock::System(), Rng::System(), needs_.registry}));
  needs_.peers.calls.Connect(*calls_);
  calls::Serve(*calls_, needs_.dispatcher);
  return absl::OkStatus();
}

absl::Status LocalServices::OpenFederation() {
  Peers& peers = needs_.peers;
  PARLEY_TRY(federation_,
             federation::Service::Open(needs_.config.federation,
                                       {needs_.store, needs_.bus, needs_.signing_key, peers.events,
                                        peers.room_federation, peers.accounts, peers.presence,
                                        Clock::System(), Rng::System(), needs_.registry, needs_.old_keys}));
  peers.federation.Connect(*federation_);
  federation::Serve(*federation_, needs_.dispatcher);
  return absl::OkStatus();
}

void LocalServices::Start() {
  if (accounts_) accounts_->Start();
  if (calls_) calls_->Start();
  if (federation_) federation_->Start();
  if (events_) events_tick_ = std::make_unique<Periodic>("events-tick", kTick, [this] { events_->Tick(OwnCall()); });
}

std::vector<bus::Head> LocalServices::Heads() const {
  std::vector<bus::Head> heads;
  AppendHeads(events_.get(), stream::StreamKind::kEvents, heads);
  AppendHeads(accounts_.get(), stream::StreamKind::kAccounts, heads);
  AppendHeads(profile_.get(), stream::StreamKind::kProfile, heads);
  AppendHeads(calls_.get(), stream::StreamKind::kCalls, heads);
  return heads;
}

}  // namespace parley
