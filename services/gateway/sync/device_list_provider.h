#pragma once

#include "common/rpc/call.h"
#include "services/gateway/sync/account_provider.h"
#include "services/gateway/sync/difference.h"
#include "services/gateway/sync/room_mates.h"
#include "services/gateway/sync/room_provider.h"
#include "services/gateway/sync/sync_query.h"

namespace parley::events {
class EventsService;
}

namespace parley::gateway {

// `device_lists` of a sync and of /keys/changes (client-server API, "Tracking the device list for a user"): whose keys the client
// must fetch again, and whose it may drop because no room is shared any more.
//
// Threads: safe from any. Lifetime: borrows its arguments.
class DeviceListProvider {
 public:
  DeviceListProvider(events::EventsService& events, const RoomMates& room_mates)
      : events_(events), room_mates_(room_mates) {}

  // Completes what the rooms' owners reported: adds those who came into view or went out of it.
  absl::Status Read(const rpc::Call& call, const SyncQuery& query, const AccountProvider::Part& account,
                    const RoomProvider::Part& rooms, Difference& difference);

 private:
  events::EventsService& events_;
  const RoomMates& room_mates_;
};

}  // namespace parley::gateway
