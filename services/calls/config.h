#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/time/time.h>

namespace parley::calls {

struct Config {
  uint32_t partitions = 256;

  // "turn:turn.example.org?transport=udp" …; empty: clients get no TURN server.
  std::vector<std::string> turn_uris;
  // The secret shared with the TURN servers (coturn: static-auth-secret).
  std::string turn_secret;
  absl::Duration turn_lifetime = absl::Hours(24);
  // Where MatrixRTC calls meet: the LiveKit JWT service's URL; empty: none.
  std::string livekit_service_url;

  // A call that has ended is still told for this long.
  absl::Duration ended_shown = absl::Minutes(1);
  // One of which nothing was heard for this long is forgotten.
  absl::Duration silent_forgotten = absl::Hours(24);

  // Delayed events (MSC4140).
  absl::Duration max_delay = absl::Hours(24);
  size_t max_delayed_per_user = 100;
  // Of one user so many are sent at once, and so many a second after that; others wait.
  double delayed_burst = 50;
  double delayed_per_second = 10;
  // How long the outcome of a delayed event is remembered.
  absl::Duration finalised_retention = absl::Hours(24 * 7);
  int delayed_threads = 32;
};

}  // namespace parley::calls
