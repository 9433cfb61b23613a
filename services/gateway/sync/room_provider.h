#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "services/gateway/sync/account_provider.h"
#include "services/gateway/sync/difference.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/sync_query.h"

namespace parley::events {
class EventsService;
}

namespace parley::gateway {

// The rooms' part of a sync: timelines, state, receipts, typing, unread counts, device-list changes of those one shares
// rooms with. Asks `events` once, for the rooms with news only, and for none at all when nothing was heard.
//
// Threads: safe from any. Lifetime: borrows its arguments.
class RoomProvider {
 public:
  RoomProvider(events::EventsService& events, const Heard& heard, uint32_t partitions)
      : events_(events), heard_(heard), partitions_(partitions) {}

  // What other kinds of data need to know of the rooms.
  struct Part {
    // Rooms that are new to this client, and rooms it was in and has left.
    std::vector<std::string> new_rooms;
    std::vector<std::string> left_rooms;
    // Others who came to, or left, rooms that the user stays in.
    std::vector<std::string> users_joined;
    std::vector<std::string> users_left;
  };

  // Adds rooms (those with news, or all on an initial sync) and device lists to `difference`, and moves `next` forward.
  absl::StatusOr<Part> Read(const rpc::Call& call, const SyncQuery& query, const AccountProvider::Part& account,
                            Difference& difference, stream::SyncToken& next);

 private:
  events::EventsService& events_;
  const Heard& heard_;
  const uint32_t partitions_;
};

}  // namespace parley::gateway
