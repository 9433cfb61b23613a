#pragma once

#include <string>
#include <string_view>

#include "common/event/client_format.h"

namespace parley::events {

// How an event was sent. Borrows.
struct Sending {
  std::string_view sender;
  std::string_view device_id;
  std::string_view txn_id;
};

// Fills in what only the sender is told: to the device that sent it its transaction id, and to all
// devices the delay id of what was sent later (MSC4140), which `calls` sends as of no device, with
// the delay id as transaction. `buffer` is borrowed by `extra`.
void AddSentBy(const Sending& sending, std::string_view viewer, std::string_view viewer_device,
               event::UnsignedFields& extra, std::string& buffer);

}  // namespace parley::events
