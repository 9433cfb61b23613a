#pragma once

#include "services/gateway/sync/wake_index.h"

namespace parley::gateway {

// Everything this gateway has heard, by kind of stream. Keys: room ids in `rooms` and `typing`, user ids in the others.
struct Heard {
  WakeIndex rooms;
  WakeIndex typing;
  WakeIndex accounts;
  WakeIndex presence;
};

}  // namespace parley::gateway
