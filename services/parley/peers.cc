#include "services/parley/peers.h"

#include <absl/strings/str_cat.h>

#include "common/rpc/grpc/channel.h"
#include "common/status/macros.h"
#include "services/parley/routed_channel.h"

namespace parley {

template <class Client, class Link>
absl::Status Peers::Connect(const std::string& name, const std::string& address, const Targets& targets, Link& link) {
  if (directory_) {
    channels_.push_back(std::make_unique<RoutedChannel>(name, *directory_, *own_, rpc::NoObserver(), token_));
  } else if (targets.Has(name)) {
    return absl::OkStatus();
  } else if (address.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("services.", name, " must say where ", name, " runs, since --target leaves it out"));
  } else {
    channels_.push_back(rpc::MakeChannel(address, rpc::NoObserver(), {.token = token_}));
  }
  auto client = std::make_shared<Client>(*channels_.back());
  link.Connect(*client);
  clients_.push_back(std::move(client));
  return absl::OkStatus();
}

absl::Status Peers::ConnectRemote(const Config& config, const Targets& targets) { return ConnectAll(config, targets); }

absl::Status Peers::ConnectOwners(const Config& config, lease::Directory& directory, const OwnServices& own) {
  directory_ = &directory;
  own_ = &own;
  return ConnectAll(config, {});
}

absl::Status Peers::ConnectAll(const Config& config, const Targets& targets) {
  token_ = config.rpc.token;
  const Config::Services& at = config.services;
  PARLEY_RETURN_IF_ERROR(Connect<accounts::AccountsClient>("accounts", at.accounts, targets, accounts));
  PARLEY_RETURN_IF_ERROR(Connect<events::EventsClient>("events", at.events, targets, events));
  PARLEY_RETURN_IF_ERROR(Connect<presence::PresenceClient>("presence", at.presence, targets, presence));
  PARLEY_RETURN_IF_ERROR(Connect<profile::ProfileClient>("profile", at.profile, targets, profile));
  PARLEY_RETURN_IF_ERROR(Connect<events::RoomFederationClient>("events", at.events, targets, room_federation));
  PARLEY_RETURN_IF_ERROR(Connect<calls::CallsClient>("calls", at.calls, targets, calls));
  PARLEY_RETURN_IF_ERROR(Connect<media::MediaClient>("media", at.media, targets, media));
  PARLEY_RETURN_IF_ERROR(Connect<federation::DownloadsClient>("federation", at.federation, targets, downloads));
  return Connect<federation::FederationClient>("federation", at.federation, targets, federation);
}

}  // namespace parley
