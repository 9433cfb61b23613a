#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <absl/time/time.h>

// What is known of a user's presence. Client-server API, "Presence"; seed S33–S52.
namespace parley::presence {

// Of several devices the later one here counts. kBusy: there, but not for everybody (MSC3026).
// kHidden is what a user may choose, and never an aggregate.
enum class State { kOffline, kUnavailable, kOnline, kFreeForChat, kBusy, kHidden };

std::string_view NameOf(State state);
// "free_for_chat" → kFreeForChat; busy by its final and its unstable name; nothing for an unknown
// word.
std::optional<State> StateOf(std::string_view name);

struct Device {
  // What its client set by PUT; absent: what its streams say.
  std::optional<State> chosen;
  // What its open streams say, until `stream_until`.
  State stream = State::kOffline;
  absl::Time stream_until = absl::InfinitePast();

  friend bool operator==(const Device&, const Device&) = default;
};

// What others, or the user's own clients, are shown.
struct View {
  State state = State::kOffline;
  std::string status_msg;
  bool currently_active = false;
  absl::Time last_active = absl::InfinitePast();

  // Equal but for last_active, which moves without anybody being told.
  bool LooksLike(const View& other) const {
    return state == other.state && status_msg == other.status_msg && currently_active == other.currently_active;
  }
};

struct UserPresence {
  std::map<std::string, Device> devices;  // by device id
  // kHidden or kOffline, set by the user: wins over all devices (S52).
  std::optional<State> override_state;
  std::string status_msg;
  absl::Time last_active = absl::InfinitePast();  // the last pro-active act (S44)

  View shown;  // to others
  View own;    // to the user's own clients
};

}  // namespace parley::presence
