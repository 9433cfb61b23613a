#pragma once

#include <cstdint>
#include <memory>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "services/gateway/sync/account_provider.h"
#include "services/gateway/sync/calls_provider.h"
#include "services/gateway/sync/device_list_provider.h"
#include "services/gateway/sync/difference.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/presence_provider.h"
#include "services/gateway/sync/room_provider.h"
#include "services/gateway/sync/session.h"
#include "services/gateway/sync/sync_query.h"

namespace parley::gateway {

// Reads what changed for one device since a sync token: at most one call to `accounts`, one to `events` for the rooms with
// news, one to `presence`, and none where this gateway has heard of nothing new. /sync is a view over it.
//
// Threads: safe from any. Lifetime: borrows all of Deps.
class DifferenceEngine {
 public:
  struct Deps {
    AccountProvider& accounts;
    RoomProvider& rooms;
    PresenceProvider& presence;
    DeviceListProvider& device_lists;
    CallsProvider& calls;
    uint32_t partitions;
    bool presence_on;
  };

  explicit DifferenceEngine(Deps deps) : deps_(deps) {}

  absl::StatusOr<Difference> Read(const rpc::Call& call, const SyncQuery& query,
                                  const std::shared_ptr<Session>& session);

 private:
  const Deps deps_;
};

}  // namespace parley::gateway
