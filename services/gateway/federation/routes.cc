#include "services/gateway/federation/routes.h"

namespace parley::gateway {

void AddFederationRoutes(Router& router, const FederationDeps& deps) {
  for (const auto add : {
           AddFederationKeyRoutes,
           AddFederationMediaRoutes,
           AddFederationMembershipRoutes,
           AddFederationQueryRoutes,
           AddFederationRoomRoutes,
           AddFederationSendRoutes,
           AddFederationThirdPartyRoutes,
           AddFederationUserRoutes,
       }) {
    add(router, deps);
  }
}

}  // namespace parley::gateway
