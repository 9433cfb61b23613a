#pragma once

#include <string>

#include "common/base/clock.h"

namespace parley::accounts {
class AccountsService;
}
namespace parley::calls {
class CallsService;
}
namespace parley::events {
class EventsService;
class RoomFederationService;
}
namespace parley::federation {
class FederationService;
}
namespace parley::media {
class MediaService;
}
namespace parley::presence {
class PresenceService;
}
namespace parley::profile {
class ProfileService;
}

namespace parley::gateway {

struct Config;
class Router;

// What routes may use. The services are the contracts' abstract classes (include "parley/<area>/v1/<area>.parley.h" in
// the .cc): direct objects in the all-in-one process, gRPC clients in a cluster. Everything outlives the routes.
struct Deps {
  const Config& config;
  const Clock& clock;
  accounts::AccountsService& accounts;
  events::EventsService& events;
  presence::PresenceService& presence;
  profile::ProfileService& profile;
  calls::CallsService& calls;
  federation::FederationService& federation;
  events::RoomFederationService& room_federation;
  media::MediaService& media;
};

// One function per file in routes/; each adds the routes of its family. A handler copies what it needs of `deps`.
// all_routes.cc calls them.
void AddAccountDataRoutes(Router& router, const Deps& deps);
void AddAccountRoutes(Router& router, const Deps& deps);
void AddAdminRoutes(Router& router, const Deps& deps);
void AddDelayedEventRoutes(Router& router, const Deps& deps);
void AddDeviceRoutes(Router& router, const Deps& deps);
void AddFilterRoutes(Router& router, const Deps& deps);
void AddJoinedRoomsRoutes(Router& router, const Deps& deps);
void AddKeyRoutes(Router& router, const Deps& deps);
void AddLoginRoutes(Router& router, const Deps& deps);
void AddMediaRoutes(Router& router, const Deps& deps);
void AddMutualRoomsRoutes(Router& router, const Deps& deps);
void AddOpenIdRoutes(Router& router, const Deps& deps);
void AddOpenIdUserInfoRoutes(Router& router, const Deps& deps);
void AddPusherRoutes(Router& router, const Deps& deps);
void AddPushRuleRoutes(Router& router, const Deps& deps);
void AddRegisterRoutes(Router& router, const Deps& deps);
void AddRoomKeyRoutes(Router& router, const Deps& deps);
void AddTagRoutes(Router& router, const Deps& deps);
void AddThirdPartyRoutes(Router& router, const Deps& deps);
void AddToDeviceRoutes(Router& router, const Deps& deps);
void AddServerRoutes(Router& router, const Deps& deps);
void AddVoipRoutes(Router& router, const Deps& deps);
void AddPresenceRoutes(Router& router, const Deps& deps);
void AddProfileRoutes(Router& router, const Deps& deps);
void AddRoomReadRoutes(Router& router, const Deps& deps);
void AddSpaceRoutes(Router& router, const Deps& deps);
void AddSearchRoutes(Router& router, const Deps& deps);
void AddRoomRoutes(Router& router, const Deps& deps);
void AddSendRoutes(Router& router, const Deps& deps);
void AddReceiptRoutes(Router& router, const Deps& deps);
void AddAliasRoutes(Router& router, const Deps& deps);
void AddDirectoryRoutes(Router& router, const Deps& deps);
void AddReportRoutes(Router& router, const Deps& deps);

}  // namespace parley::gateway
