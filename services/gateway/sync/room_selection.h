#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/stream/token.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "parley/events/v1/events.pb.h"
#include "services/gateway/sync/sync_filter.h"
#include "services/gateway/sync/wake_index.h"

// Which of a user's rooms a sync has to ask about: pure functions of the memberships, the client's token and what this gateway
// has heard.
namespace parley::gateway {

struct SelectionInput {
  const std::vector<accounts::v1::Membership>& memberships;
  // Absent: initial.
  const stream::SyncToken* since = nullptr;
  // The accounts position that `since` holds.
  int64_t accounts_since = 0;
  bool full_state = false;
  const SyncFilter& filter;
  uint32_t partitions = 1;
  const WakeIndex& rooms;
  const WakeIndex& typing;
};

// The rooms to ask their owners about, each with what the client has of it. A room with membership join is left out only if
// nothing was heard of it after the client's position, and nobody is asked about another of its partition.
std::vector<events::v1::RoomSince> SelectRooms(const SelectionInput& input);

}  // namespace parley::gateway
