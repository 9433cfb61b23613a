#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <absl/time/time.h>

namespace parley::events {

// All options of this service; the field's comment is its text in the documentation.
struct Config {
  // What stands behind the ':' of our users, aliases and old room ids.
  std::string server_name = "localhost";
  // Set when a deployment is created; never changed.
  uint32_t partitions = 256;
  // Of a room that is created without naming one.
  std::string default_room_version = "12";
  // Rooms kept in memory, by a rough count of their bytes.
  size_t room_memory_bytes = 256 << 20;
  // How long a transaction id is remembered.
  absl::Duration txn_retention = absl::Hours(24);
  // How long it is remembered what call events said: a call that was silent for longer is forgotten.
  absl::Duration call_retention = absl::Hours(24);
  // How long a server that was away can fetch what it missed of our events.
  absl::Duration outbound_retention = absl::Hours(24 * 14);
  // Users that one request may invite while it creates a room.
  size_t max_initial_invites = 200;
  // An m.call.invite without `invitee` needs a room of two (S76).
  bool two_party_calls = true;
};

}  // namespace parley::events
