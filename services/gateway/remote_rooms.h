#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/rpc/call.h"

namespace parley::events {
class RoomFederationService;
}

namespace parley::gateway {

// The rooms of ours that users of other servers are joined to. `events` is asked, and its answer
// kept for kKeep (that there are none, for kKeepNone: we may just be joining), or until CameOrWent: whoever reads a join or a leave of such a user from a room
// says so before it asks for the user's rooms.
//
// Threads: safe from any. Lifetime: borrows its arguments. Memory: the rooms of kMaxKnown users.
class RemoteRooms {
 public:
  using RoomSet = absl::flat_hash_set<std::string>;
  static constexpr absl::Duration kKeep = absl::Minutes(1);
  static constexpr absl::Duration kKeepNone = absl::Seconds(1);
  static constexpr size_t kMaxKnown = 50'000;

  RemoteRooms(events::RoomFederationService& rooms, const Clock& clock,
              std::string_view server_name);

  // Of another server. What is no user id is not.
  bool IsRemote(std::string_view user_id) const;
  absl::StatusOr<std::shared_ptr<const RoomSet>> Of(const rpc::Call& call,
                                                    std::string_view user_id);
  void CameOrWent(const std::vector<std::string>& user_ids);

 private:
  struct Known {
    absl::Time until;
    std::shared_ptr<const RoomSet> rooms;
  };

  // Nothing when it has to be asked for; `changes` is then how often somebody came or went so far.
  std::shared_ptr<const RoomSet> Recall(std::string_view user_id, int64_t* changes);
  void Remember(std::string_view user_id, int64_t changes, Known known);

  events::RoomFederationService& rooms_;
  const Clock& clock_;
  const std::string server_name_;
  absl::Mutex mutex_;
  int64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::gateway
