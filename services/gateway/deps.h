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
};

// One function per file in routes/; each adds the routes of its family. A handler copies what it needs of `deps`.
void AddServerRoutes(Router& router, const Deps& deps);
void AddVoipRoutes(Router& router, const Deps& deps);
void AddPresenceRoutes(Router& router, const Deps& deps);
void AddProfileRoutes(Router& router, const Deps& deps);

}  // namespace parley::gateway
