#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/bus/stream_follower.h"
#include "parley/events/v1/events.parley.h"
#include "parley/events/v1/room_federation.parley.h"

namespace parley::federation {

// Follows what local users do in rooms with other servers, from the saved marks on.
//
// Threads: its own, from construction to destruction; it calls `take` on it. Lifetime: borrows its
// arguments.
class OutboundFollower {
 public:
  using Take = std::function<void(const events::v1::ListOutboundResponse&)>;

  struct Needs {
    bus::Bus& bus;
    const Clock& clock;
    events::EventsService& events;
    events::RoomFederationService& rooms;
  };

  // `marks`: by partition, everything up to here was taken.
  OutboundFollower(const Needs& needs, std::vector<int64_t> marks, Take take);

 private:
  std::optional<std::vector<bus::Progress>> Read(const std::vector<bus::Progress>& behind);
  std::vector<bus::Head> PollHeads();

  const Needs needs_;
  const Take take_;
  bus::StreamFollower stream_;  // ends first
};

}  // namespace parley::federation
