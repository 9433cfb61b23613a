#pragma once

#include <string>
#include <string_view>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/rpc/call.h"
#include "parley/common/v1/common.pb.h"

namespace parley::events {
class EventsService;
}
namespace parley::presence {
class PresenceService;
}

namespace parley::gateway {

// The names of other servers' users in m.presence (seed S64): what servers tell each other of
// presence has none, so `presence` is told those of the users' member events, once for kKeep and
// whenever they change. What can't be read or told is left out until the next time.
//
// Threads: any. Lifetime: borrows its arguments. Memory: the names of kMaxKnown users.
class RemoteNames {
 public:
  static constexpr absl::Duration kKeep = absl::Hours(1);
  static constexpr size_t kMaxKnown = 50'000;
  static constexpr size_t kMaxNameBytes = 2048;

  RemoteNames(events::EventsService& events, presence::PresenceService& presence,
              const Clock& clock)
      : events_(events), presence_(presence), clock_(clock) {}

  // Before presence of the user is passed on; the user is joined to the room.
  void Learn(const rpc::Call& call, const std::string& user_id, const std::string& room_id);
  // After a member event of the user came. Quick for a user of whom no presence came.
  void Relearn(const rpc::Call& call, const std::string& user_id, const std::string& room_id);

 private:
  struct Known {
    absl::Time until;
    std::string names;  // a serialised ProfileFields
  };

  bool IsKnown(std::string_view user_id);
  void Read(const rpc::Call& call, const std::string& user_id, const std::string& room_id);
  // True if these names are new.
  bool Remember(const std::string& user_id, std::string names);
  void Forget(const std::string& user_id);

  events::EventsService& events_;
  presence::PresenceService& presence_;
  const Clock& clock_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::gateway
