#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/stream_follower.h"
#include "parley/events/v1/events.parley.h"
#include "services/calls/call_board.h"

namespace parley::calls {

// Follows the call events of all rooms, from the beginning of what `events` keeps. Nothing of it is
// stored: after a restart it reads again.
//
// Threads: its own, from construction to destruction. Lifetime: borrows its arguments.
class Follower {
 public:
  Follower(bus::Bus& bus, const Clock& clock, events::EventsService& events, CallBoard& board,
           uint32_t partitions);

 private:
  std::optional<std::vector<bus::Progress>> Read(const std::vector<bus::Progress>& behind);
  void Take(const events::v1::CallSignal& signal);
  std::vector<bus::Head> PollHeads();

  events::EventsService& events_;
  CallBoard& board_;
  const absl::Time started_;
  bus::StreamFollower stream_;  // ends first
};

}  // namespace parley::calls
