#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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
  // What another server said of a user stands for this long: one that is there says it again.
  absl::Duration remote_lifetime = absl::Minutes(30);
  size_t max_status_msg_bytes = 2048;
  // MSC3026: users may be busy.
  bool busy = false;
  // Who sees a user at most: rooms (who shares one), direct (whom the user's m.direct names), off.
  std::string visibility = "rooms";
};

}  // namespace parley::presence
