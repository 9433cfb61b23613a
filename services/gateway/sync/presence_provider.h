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
                   const PresenceLog& log, const RoomMates& room_mates)
      : presence_(presence), events_(events), log_(log), room_mates_(room_mates) {}

  // Adds m.presence events to `difference` and moves `next` forward; neither is complete after an
  // error. Those who came into view with new rooms are sent whether they changed or not.
  absl::Status Read(const rpc::Call& call, const SyncQuery& query, const UserSnapshot& user,
                    const RoomProvider::Part& rooms, Difference& difference,
                    stream::SyncToken& next);

 private:
  using Users = std::vector<std::string>;
  using Heads = std::vector<common::v1::Head>;

  // Adds those of `users` who changed after `since`; of a partition that `since` lacks, those who
  // are not offline.
  absl::Status Fetch(const rpc::Call& call, const SyncQuery& query, const Users& users,
                     const Heads& since, Difference& difference);
  // Who changed since the query's mark. Returns those who were looked at.
  absl::StatusOr<Users> FetchChanged(const rpc::Call& call, const SyncQuery& query,
                                     const UserSnapshot& user, Difference& difference);
  // Everybody in view who was ever there, now offline or not: the client may hold any of them for
  // online.
  absl::StatusOr<Users> FetchView(const rpc::Call& call, const SyncQuery& query,
                                  const UserSnapshot& user, Difference& difference);
  absl::StatusOr<Users> InView(const rpc::Call& call, const SyncQuery& query,
                               const UserSnapshot& user) const;
  absl::StatusOr<Users> JoinedUsers(const rpc::Call& call, const Users& rooms) const;

  presence::PresenceService& presence_;
  events::EventsService& events_;
  const PresenceLog& log_;
  const RoomMates& room_mates_;
};

}  // namespace parley::gateway
