#pragma once

#include "services/gateway/deps.h"
#include "services/gateway/federation/server_auth.h"
#include "services/gateway/router.h"

// The routes that other servers use. One function for each file beside this.
namespace parley::gateway {

class RemoteNames;
class RemoteRooms;
class Transactions;

// What they stand on; everything outlives the routes.
struct FederationDeps {
  Deps deps;
  ServerAuth& auth;
  Transactions& transactions;
  RemoteRooms& remote_rooms;
  RemoteNames& remote_names;
};

// All of them.
void AddFederationRoutes(Router& router, const FederationDeps& deps);

// Keys and version: for anybody.
void AddFederationKeyRoutes(Router& router, const FederationDeps& deps);
// Events and state of rooms.
void AddFederationRoomRoutes(Router& router, const FederationDeps& deps);
// make_… and send_… join, leave and knock; invites.
void AddFederationMembershipRoutes(Router& router, const FederationDeps& deps);
// Third-party invites.
void AddFederationThirdPartyRoutes(Router& router, const FederationDeps& deps);
// PUT /send.
void AddFederationSendRoutes(Router& router, const FederationDeps& deps);
// Profiles, devices and keys of our users; our room directory.
void AddFederationUserRoutes(Router& router, const FederationDeps& deps);
// Files of our users.
void AddFederationMediaRoutes(Router& router, const FederationDeps& deps);
// Aliases: what stands outside of rooms.
void AddFederationQueryRoutes(Router& router, const FederationDeps& deps);

}  // namespace parley::gateway
