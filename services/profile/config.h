#pragma once

#include <cstddef>
#include <cstdint>

#include <absl/time/time.h>

namespace parley::profile {

struct Config {
  uint32_t partitions = 256;
  // Of a whole profile as JSON (client-server API, "Profiles").
  size_t max_profile_bytes = 64 << 10;
  size_t max_name_bytes = 256;  // of a display name or an avatar's URL: they go into every room
  // Rooms that a change is written to at the same time.
  int room_threads = 8;
  // So long after a change, joins that were under way with the old name are still looked for:
  // longer than any request lives.
  absl::Duration settle = absl::Seconds(60);
  // Between attempts when a room can't be reached; doubles up to the second.
  absl::Duration retry_after = absl::Milliseconds(200);
  absl::Duration max_retry_after = absl::Seconds(30);
};

}  // namespace parley::profile
