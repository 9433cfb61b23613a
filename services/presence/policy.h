#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include <absl/time/time.h>

#include "services/presence/config.h"
#include "services/presence/presence.h"

// The rules of presence, pure: no clock, no memory, no I/O.
namespace parley::presence {

// PUT /presence/{userId}/status by a device.
struct Chosen {
  std::string device_id;
  State state = State::kOnline;
  std::optional<std::string> status_msg;  // absent: it is cleared
};
// A device has an open stream (/sync) that says `state`; kOffline: a stream that is not to count.
struct StreamSeen {
  std::string device_id;
  State state = State::kOnline;
};
struct StreamEnded {
  std::string device_id;
};
// A pro-active act (S45), some time ago.
struct Acted {
  absl::Duration ago = absl::ZeroDuration();
};
// Time has passed.
struct Ticked {};

using Input = std::variant<Chosen, StreamSeen, StreamEnded, Acted, Ticked>;

struct Decision {
  UserPresence next;
  bool notify_others = false;
  bool notify_own = false;
  // Call Step with Ticked then, even without other input. InfiniteFuture: not needed.
  absl::Time wake_at = absl::InfiniteFuture();
};

// A device more, and the one whose streams end first is forgotten: memory is bounded.
inline constexpr size_t kMaxDevices = 32;

Decision Step(const UserPresence& before, const Input& input, absl::Time now, const Config& config);

}  // namespace parley::presence
