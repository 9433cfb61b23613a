#pragma once

#include <string>
#include <vector>

#include <absl/time/time.h>



namespace parley::calls {

struct Config {
  // "turn:turn.example.org?transport=udp" …; empty: clients get no TURN server.
  std::vector<std::string> turn_uris;
  // The secret shared with the TURN servers (coturn: static-auth-secret).
  std::string turn_secret;
  absl::Duration turn_lifetime = absl::Hours(24);
  // Where MatrixRTC calls meet: the LiveKit JWT service's URL; empty: none.
  std::string livekit_service_url;
};

}  // namespace parley::calls
