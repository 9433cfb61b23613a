#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/stream/token.h"
#include "parley/accounts/v1/accounts.pb.h"
#include "parley/events/v1/events.pb.h"

namespace parley::gateway {

// What changed for one device between two sync tokens, whatever view it is shown in (/sync v3 now; simplified sliding sync
// would be another). Made by the providers of difference_engine.cc, written out by a view. A value.
struct Difference {
  std::vector<events::v1::RoomUpdate> rooms;
  // Global and per room.
  std::vector<accounts::v1::AccountDatum> account_data;
  // Events as client JSON.
  std::vector<std::string> to_device;
  std::vector<std::string> presence;
  std::vector<std::string> device_lists_changed;
  std::vector<std::string> device_lists_left;
  std::vector<std::pair<std::string, int64_t>> one_time_keys;
  std::vector<std::string> unused_fallback_types;
  // Where the client is after this.
  stream::SyncToken next;

  // Nothing that a waiting client would want to be woken for.
  bool empty() const {
    return rooms.empty() && account_data.empty() && to_device.empty() && presence.empty() &&
           device_lists_changed.empty() && device_lists_left.empty();
  }
};

}  // namespace parley::gateway
