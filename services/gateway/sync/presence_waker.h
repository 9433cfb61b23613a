#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/runtime/work_pool.h"
#include "services/gateway/sync/room_mates.h"
#include "services/gateway/sync/session.h"
#include "services/gateway/sync/timers.h"

namespace parley::gateway {

// Wakes those who see a user whose presence changed: the first change at once, those that follow
// within a tick together, so that a storm of changes wakes a session once a tick and not once a
// change.
//
// Threads: safe from any; sessions are woken on the pool, as finding them may need a call.
// Lifetime: borrows all of Deps, which hold no callback of it after its end but for what the pool
// still runs.
class PresenceWaker {
 public:
  struct Deps {
    SessionTable& sessions;
    const RoomMates& room_mates;
    Timers& timers;
    WorkPool& pool;
  };

  explicit PresenceWaker(Deps deps, absl::Duration tick = absl::Milliseconds(100));
  ~PresenceWaker();

  void Changed(std::string_view user_id);

 private:
  struct State;

  static void Wake(const std::shared_ptr<State>& state);

  const std::shared_ptr<State> state_;
};

}  // namespace parley::gateway
