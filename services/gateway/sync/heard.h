#pragma once

#include "services/gateway/sync/wake_index.h"

namespace parley::gateway {

// Everything this gateway has heard, by kind of stream. Keys: room ids in `rooms`, `typing` and `calls`,
// user ids in `accounts`. Presence has a log of its own (presence_log.h).
struct Heard {
  WakeIndex rooms;
  WakeIndex typing;
  WakeIndex accounts;
  WakeIndex calls;
};

}  // namespace parley::gateway
