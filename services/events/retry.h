#pragma once

#include <absl/status/statusor.h>
#include <absl/time/clock.h>

#include "common/rpc/call.h"

namespace parley::events {

// Runs `attempt` again while an earlier commit of the partition fails it (Unavailable), a few times and within the call's
// deadline: nothing was written then, and the room is loaded anew at the next attempt.
template <class Attempt>
auto Retry(const rpc::Call& call, Attempt&& attempt) {
  constexpr int kAttempts = 6;
  absl::Duration pause = absl::Milliseconds(1);
  auto result = attempt();
  for (int i = 1; i < kAttempts && absl::IsUnavailable(result.status()); ++i) {
    if (absl::Now() + pause > call.deadline) break;
    absl::SleepFor(pause);
    pause *= 4;
    result = attempt();
  }
  return result;
}

}  // namespace parley::events
