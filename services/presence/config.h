#pragma once

#include <cstddef>
#include <cstdint>

#include <absl/time/time.h>

namespace parley::presence {

struct Config {
  uint32_t partitions = 256;
  // A device whose streams were not reported for this long is gone.
  absl::Duration session_lifetime = absl::Seconds(30);
  // So long after its last stream has ended a device still counts.
  absl::Duration offline_grace = absl::Seconds(10);
  // Online without a pro-active act for this long reads as unavailable.
  absl::Duration idle_timeout = absl::Minutes(5);
  // Pro-active within this time: currently_active.
  absl::Duration active_window = absl::Minutes(1);
  size_t max_status_msg_bytes = 2048;
};

}  // namespace parley::presence
