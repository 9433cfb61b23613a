#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/stream_follower.h"
#include "parley/events/v1/events.parley.h"
#include "services/calls/call_board.h"

namespace parley::calls {

// Follows the call events of the rooms of those partitions that the board has, from the beginning of
// what `events` keeps. Nothing of it is stored: who comes to own a partition reads it again.
//
// Threads: its own, from construction to destruction. Lifetime: borrows its arguments.
class Follower {
 public:
  Follower(bus::Bus& bus, const Clock& clock, events::EventsService& events, CallBoard& board,
           uint32_t partitions);

  // The board has these now.
  void Begin(absl::Span<const Partition> opened);

 private:
  std::optional<std::vector<bus::Progress>> Read(const std::vector<bus::Progress>& behind);
  void Take(const events::v1::CallSignal& signal);
  std::vector<bus::Head> PollHeads();

  events::EventsService& events_;
  CallBoard& board_;
  bus::StreamFollower stream_;  // ends first
};

}  // namespace parley::calls
