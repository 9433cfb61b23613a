#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "common/rpc/call.h"
#include "services/gateway/sync/difference.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/room_provider.h"
#include "services/gateway/sync/session.h"
#include "services/gateway/sync/sync_query.h"

namespace parley::calls {
class CallsService;
}

namespace parley::gateway {

// Which calls there are in the user's rooms, as an ephemeral event of the room. Asks `calls` about
// rooms where it heard of calls, and nobody while there are none.
//
// Threads: safe from any. Lifetime: borrows its arguments.
class CallsProvider {
 public:
  CallsProvider(calls::CallsService& calls, const Heard& heard, uint32_t partitions)
      : calls_(calls), heard_(heard), partitions_(partitions) {}

  // Adds to the rooms of `difference` and moves `next` forward. A `calls` that does not answer is
  // left for the next sync.
  absl::Status Read(const rpc::Call& call, const SyncQuery& query, const UserSnapshot& user,
                    const RoomProvider::Part& rooms, Difference& difference,
                    stream::SyncToken& next);

 private:
  bool HasNews(const std::string& room_id, const stream::SyncToken* since) const;

  calls::CallsService& calls_;
  const Heard& heard_;
  const uint32_t partitions_;
};

}  // namespace parley::gateway
