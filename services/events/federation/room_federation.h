#pragma once

#include "parley/events/v1/room_federation.parley.h"
#include "services/events/context.h"

namespace parley::events {

// The contract of rooms as other servers see them, each call handed to the file that does it.
// Threads: any; calls block. Lifetime: borrows the context.
class RoomFederation final : public RoomFederationFake {
 public:
  explicit RoomFederation(const Context& context) : context_(context) {}

 private:
  [[maybe_unused]] const Context& context_;
};

}  // namespace parley::events
