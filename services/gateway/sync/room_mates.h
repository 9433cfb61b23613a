#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/session.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::gateway {

// Who shares a room with whom, from the memberships that sessions hold anyway; `accounts` is asked about a user without a
// session here.
//
// Threads: safe from any. Lifetime: borrows its arguments.
class RoomMates {
 public:
  RoomMates(accounts::AccountsService& accounts, const SessionTable& sessions, const Heard& heard,
            uint32_t partitions)
      : accounts_(accounts), sessions_(sessions), heard_(heard), partitions_(partitions) {}

  // The rooms that `user_id` is joined to.
  absl::StatusOr<std::vector<std::string>> RoomsOf(const rpc::Call& call, std::string_view user_id) const;

  // Those of `candidates` who are in a room with `user` now. A local user of whom nothing can be learnt is left out.
  std::vector<std::string> SharingARoom(const rpc::Call& call, const UserSnapshot& user,
                                        const std::vector<std::string>& candidates) const;

 private:
  // What the user's session holds, if nothing was heard of the user since.
  std::shared_ptr<const UserSnapshot> FreshSnapshot(std::string_view user_id) const;

  accounts::AccountsService& accounts_;
  const SessionTable& sessions_;
  const Heard& heard_;
  const uint32_t partitions_;
};

// The rooms a snapshot is joined to.
std::vector<std::string> JoinedRooms(const UserSnapshot& user);

}  // namespace parley::gateway
