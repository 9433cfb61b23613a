#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "common/lease/directory.h"
#include "common/rpc/channel.h"
#include "common/rpc/observer.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/calls/v1/calls.parley.h"
#include "parley/events/v1/events.parley.h"
#include "parley/events/v1/room_federation.parley.h"
#include "parley/federation/v1/downloads.parley.h"
#include "parley/federation/v1/federation.parley.h"
#include "parley/media/v1/media.parley.h"
#include "parley/presence/v1/presence.parley.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/parley/config.h"
#include "services/parley/routed_channel.h"
#include "services/parley/targets.h"

namespace parley {

// Every service as the others of this process see it: a link that leads to the object in this process or, over gRPC, to
// another. The links stand before any service, since services call each other. Borrows the observer.
class Peers {
 public:
  explicit Peers(rpc::Observer& observer)
      : accounts(observer),
        events(observer),
        presence(observer),
        profile(observer),
        calls(observer),
        federation(observer),
        room_federation(observer),
        media(observer),
        downloads(observer) {}

  // Connects the links of all services that `targets` leaves out to where the configuration says they are.
  // InvalidArgument when it does not say.
  absl::Status ConnectRemote(const Config& config, const Targets& targets);
  // Connects all links to the owners that `directory` knows, this process among them. Borrows both.
  absl::Status ConnectOwners(const Config& config, lease::Directory& directory, const OwnServices& own);

  accounts::AccountsLink accounts;
  events::EventsLink events;
  presence::PresenceLink presence;
  profile::ProfileLink profile;
  calls::CallsLink calls;
  federation::FederationLink federation;
  events::RoomFederationLink room_federation;  // of `events`
  media::MediaLink media;
  federation::DownloadsLink downloads;  // of `federation`

 private:
  template <class Client, class Link>
  absl::Status Connect(const std::string& name, const std::string& address, const Targets& targets, Link& link);
  absl::Status ConnectAll(const Config& config, const Targets& targets);

  lease::Directory* directory_ = nullptr;
  const OwnServices* own_ = nullptr;
  std::string token_;
  std::vector<std::unique_ptr<rpc::Channel>> channels_;
  std::vector<std::shared_ptr<void>> clients_;
};

}  // namespace parley
