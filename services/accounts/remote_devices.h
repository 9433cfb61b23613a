#pragma once

#include <string>

#include <absl/status/status.h>

#include "common/base/clock.h"
#include "common/rpc/call.h"

namespace parley::events {
class EventsService;
}

namespace parley::accounts {

// Device lists of users of other servers. Their keys are asked for when somebody wants them; what
// is kept is that they have changed, for the clients of those who share a room with the user.
//
// Threads: every method may be called from any.
class RemoteDevices {
 public:
  RemoteDevices(const Clock& clock, events::EventsService& events)
      : clock_(clock), events_(events) {}

  // An m.device_list_update or m.signing_key_update about the user.
  absl::Status Changed(const rpc::Call& call, const std::string& user_id);

 private:
  const Clock& clock_;
  events::EventsService& events_;
};

}  // namespace parley::accounts
