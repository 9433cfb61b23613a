#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "services/gateway/sync/account_provider.h"
#include "services/gateway/sync/difference.h"
#include "services/gateway/sync/presence_log.h"
#include "services/gateway/sync/room_mates.h"
#include "services/gateway/sync/room_provider.h"
#include "services/gateway/sync/sync_query.h"

namespace parley::events {
class EventsService;
}
namespace parley::presence {
class PresenceService;
}

namespace parley::gateway {

// The presence of those whom a user sees: everybody in the user's rooms, and the user.
//
// Threads: safe from any. Lifetime: borrows its arguments.
class PresenceProvider {
 public:
  PresenceProvider(presence::PresenceService& presence, events::EventsService& events,
                   PresenceLog& log, const RoomMates& room_mates)
      : presence_(presence), events_(events), log_(log), room_mates_(room_mates) {}

  // Adds m.presence events to `difference` and moves `next` forward. Those who came into view with new rooms are sent
  // whether they changed or not.
  absl::Status Read(const rpc::Call& call, const SyncQuery& query, const UserSnapshot& user,
                    const RoomProvider::Part& rooms, Difference& difference,
                    stream::SyncToken& next);

 private:
  enum class Which { kChanged, kAll };

  absl::StatusOr<std::vector<std::string>> JoinedUsers(const rpc::Call& call,
                                                       const std::vector<std::string>& rooms) const;
  // Users that changed after the token and whom `user` sees.
  absl::StatusOr<std::vector<std::string>> Changed(const rpc::Call& call, const SyncQuery& query,
                                                   const UserSnapshot& user) const;
  absl::Status Fetch(const rpc::Call& call, const SyncQuery& query,
                     const std::vector<std::string>& users, Which which, Difference& difference,
                     stream::SyncToken& next);

  presence::PresenceService& presence_;
  events::EventsService& events_;
  PresenceLog& log_;
  const RoomMates& room_mates_;
};

}  // namespace parley::gateway
