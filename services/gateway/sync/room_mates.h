#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/rpc/call.h"
#include "services/gateway/remote_rooms.h"
#include "services/gateway/sync/heard.h"
#include "services/gateway/sync/session.h"

namespace parley::accounts {
class AccountsService;
}

namespace parley::gateway {

// Who shares a room with whom, from the memberships that sessions hold anyway; `accounts` is asked
// about a user without a session here, and the answer is kept until something is heard of the user.
// Those of other servers are RemoteRooms' matter.
//
// Threads: safe from any. Lifetime: borrows its arguments. Memory: the rooms of kMaxKnown users.
class RoomMates {
 public:
  using RoomSet = RemoteRooms::RoomSet;
  static constexpr size_t kMaxKnown = 50'000;

  RoomMates(accounts::AccountsService& accounts, RemoteRooms& remote, const SessionTable& sessions,
            const Heard& heard, uint32_t partitions)
      : accounts_(accounts),
        remote_(remote),
        sessions_(sessions),
        heard_(heard),
        partitions_(partitions) {}

  // The rooms that `user_id` is joined to.
  absl::StatusOr<std::shared_ptr<const RoomSet>> RoomsOf(const rpc::Call& call,
                                                         std::string_view user_id) const;

  // These users came to or went from rooms. To be said as soon as it is read.
  void CameOrWent(const std::vector<std::string>& user_ids) const { remote_.CameOrWent(user_ids); }

  // Those of `candidates` who are in a room with `user` now. A user of whom nothing can be learnt
  // is left out.
  std::vector<std::string> SharingARoom(const rpc::Call& call, const UserSnapshot& user,
                                        const std::vector<std::string>& candidates) const;

 private:
  struct Known {
    int64_t at = 0;  // the position in `accounts` up to which it is so
    std::shared_ptr<const RoomSet> rooms;
  };

  bool NothingHeardSince(int64_t at, std::string_view user_id) const;
  // Nothing when something was heard of the user since.
  std::shared_ptr<const RoomSet> Recall(std::string_view user_id) const;
  absl::StatusOr<Known> Learn(const rpc::Call& call, std::string_view user_id) const;
  void Remember(std::string_view user_id, Known known) const;

  accounts::AccountsService& accounts_;
  RemoteRooms& remote_;
  const SessionTable& sessions_;
  const Heard& heard_;
  const uint32_t partitions_;
  mutable absl::Mutex mutex_;
  mutable absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

// The rooms a snapshot is joined to.
std::vector<std::string> JoinedRooms(const UserSnapshot& user);

}  // namespace parley::gateway
