#include "services/gateway/all_routes.h"

#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/notifications.h"
#include "services/gateway/routes/sync.h"

namespace parley::gateway {

void AddAllRoutes(Router& router, const Deps& deps, Sync& sync, FilterCache& filters) {
  for (const auto add : {
           AddAccountDataRoutes,
           AddAccountRoutes,
           AddAdminRoutes,
           AddAliasRoutes,
           AddDelayedEventRoutes,
           AddDeviceRoutes,
           AddDirectoryRoutes,
           AddFilterRoutes,
           AddJoinedRoomsRoutes,
           AddKeyRoutes,
           AddLoginRoutes,
           AddMediaRoutes,
           AddMutualRoomsRoutes,
           AddNotificationRoutes,
           AddOpenIdRoutes,
           AddOpenIdUserInfoRoutes,
           AddPresenceRoutes,
           AddProfileRoutes,
           AddPushRuleRoutes,
           AddPusherRoutes,
           AddReceiptRoutes,
           AddRegisterRoutes,
           AddReportRoutes,
           AddRoomKeyRoutes,
           AddRoomReadRoutes,
           AddRoomRoutes,
           AddSearchRoutes,
           AddSendRoutes,
           AddServerRoutes,
           AddSpaceRoutes,
           AddTagRoutes,
           AddThirdPartyRoutes,
           AddToDeviceRoutes,
           AddVoipRoutes,
       }) {
    add(router, deps);
  }
  AddSyncRoutes(router, deps, sync, filters);
  AddLegacySyncRoutes(router, sync);
}

}  // namespace parley::gateway
