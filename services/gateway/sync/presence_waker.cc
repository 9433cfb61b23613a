#include "services/gateway/sync/presence_waker.h"

#include <algorithm>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include <absl/time/clock.h>

namespace parley::gateway {

struct PresenceWaker::State {
  const Deps deps;
  const absl::Duration tick;
  absl::Mutex mutex;
  bool ended ABSL_GUARDED_BY(mutex) = false;
  // A wake is under way or waits for its time.
  bool coming ABSL_GUARDED_BY(mutex) = false;
  absl::Time last ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
  std::vector<std::string> changed ABSL_GUARDED_BY(mutex);
};

PresenceWaker::PresenceWaker(Deps deps, absl::Duration tick)
    : state_(std::make_shared<State>(deps, tick)) {}

PresenceWaker::~PresenceWaker() {
  absl::MutexLock lock(&state_->mutex);
  state_->ended = true;
}

void PresenceWaker::Changed(std::string_view user_id) {
  absl::Time when;
  {
    absl::MutexLock lock(&state_->mutex);
    state_->changed.emplace_back(user_id);
    if (std::exchange(state_->coming, true)) return;
    when = std::max(absl::Now(), state_->last + state_->tick);
  }
  state_->deps.timers.At(when, [state = state_] {
    // A queue that is full now is tried again with the next change.
    if (state->deps.pool.TryPost([state] { Wake(state); })) return;
    absl::MutexLock lock(&state->mutex);
    state->coming = false;
  });
}

void PresenceWaker::Wake(const std::shared_ptr<State>& state) {
  std::vector<std::string> changed;
  {
    absl::MutexLock lock(&state->mutex);
    if (state->ended) return;
    changed = std::exchange(state->changed, {});
    state->last = absl::Now();
    state->coming = false;
  }
  const rpc::Call call{.deadline = absl::Now() + absl::Seconds(10), .request_id = "presence"};
  absl::flat_hash_set<std::string> rooms;
  for (const std::string& user : changed) {
    state->deps.sessions.WakeUser(user);
    const auto theirs = state->deps.room_mates.RoomsOf(call, user);
    if (theirs.ok()) rooms.insert((*theirs)->begin(), (*theirs)->end());
  }
  for (const std::string& room : rooms) state->deps.sessions.WakeRoom(room);
}

}  // namespace parley::gateway
