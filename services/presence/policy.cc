#include "services/presence/policy.h"

#include <algorithm>

namespace parley::presence {
namespace {

constexpr std::string_view kBusy = "org.matrix.msc3026.busy";
constexpr std::string_view kNames[] = {"offline", "unavailable", "online", "free_for_chat", kBusy, "hidden"};

// What one device stands for. A choice lasts while the device has a stream, and is not undone by streams that say
// online, as all do that say nothing; one that says unavailable is a choice of its own.
State DeviceState(const Device& device, absl::Time now) {
  if (device.stream_until <= now) return State::kOffline;
  return device.chosen.value_or(device.stream);
}

State Highest(const UserPresence& user, absl::Time now) {
  State highest = State::kOffline;
  for (const auto& [id, device] : user.devices) highest = std::max(highest, DeviceState(device, now));
  return highest;
}

// What S46 compares. Who is busy is there like who is online; of who hides, nothing is known.
int Availability(State state) {
  if (state == State::kBusy) return Availability(State::kOnline);
  return state == State::kHidden ? 0 : static_cast<int>(state);
}

// S37: nobody has done anything for a while.
State Idled(State state, const UserPresence& user, absl::Time now, const Config& config) {
  const bool idle = now - user.last_active >= config.idle_timeout;
  return idle && state == State::kOnline ? State::kUnavailable : state;
}

View OwnView(const UserPresence& user, absl::Time now, const Config& config) {
  View view;
  view.state = user.override_state.value_or(Idled(Highest(user, now), user, now, config));
  view.status_msg = user.status_msg;
  view.last_active = user.last_active;
  const bool available = Availability(view.state) >= Availability(State::kOnline);
  view.currently_active = available && now - user.last_active < config.active_window;
  return view;
}

// S40: whoever is hidden reads as offline. So that nothing tells the two apart, nobody who is offline shows a message, and
// while one reads as offline the time of the last act stands still.
View ShownView(const View& own, const View& shown_before) {
  if (own.state != State::kHidden && own.state != State::kOffline) return own;
  View view;
  const bool was_seen = shown_before.state != State::kOffline;
  view.last_active = was_seen && own.state == State::kOffline ? own.last_active : shown_before.last_active;
  return view;
}

void Apply(const Chosen& input, absl::Time now, const Config& config, UserPresence& user) {
  user.status_msg = input.status_msg.value_or("");
  const bool overrides = input.state == State::kHidden || input.state == State::kOffline;
  user.override_state = overrides ? std::optional(input.state) : std::nullopt;
  Device& device = user.devices[input.device_id];
  device.chosen = overrides ? std::nullopt : std::optional(input.state);
  if (!overrides) device.stream_until = std::max(device.stream_until, now + config.session_lifetime);
}

void Apply(const StreamSeen& input, absl::Time now, const Config& config, UserPresence& user) {
  if (input.state == State::kOffline) return;
  Device& device = user.devices[input.device_id];
  if (input.state == State::kUnavailable) device.chosen.reset();
  device.stream = input.state;
  // Every sync says `online` unless it is told otherwise; what it is told is a choice too.
  if (input.state != State::kOnline) device.chosen.reset();
  device.stream_until = now + config.session_lifetime;
}

void Apply(const StreamEnded& input, absl::Time now, const Config& config, UserPresence& user) {
  const auto found = user.devices.find(input.device_id);
  if (found == user.devices.end()) return;
  found->second.stream_until = std::min(found->second.stream_until, now + config.offline_grace);
}

void Apply(const Acted& input, absl::Time now, const Config&, UserPresence& user) {
  user.last_active = std::max(user.last_active, now - input.ago);
}

void Apply(const Ticked&, absl::Time, const Config&, UserPresence&) {}

// S46, S47: a change to more availability is pro-active. Coming back from hiding by itself is none, as it would tell when.
bool IsProactiveRise(const UserPresence& before, const UserPresence& next, absl::Time now) {
  if (next.override_state) return false;
  const State was = before.override_state ? State::kOffline : Highest(before, now);
  return Availability(Highest(next, now)) > Availability(was);
}

// Devices whose streams have ended are forgotten, and their choices with them.
void ForgetGone(absl::Time now, UserPresence& user) {
  std::erase_if(user.devices, [now](const auto& entry) { return entry.second.stream_until <= now; });
}

void ForgetSurplus(UserPresence& user) {
  while (user.devices.size() > kMaxDevices) {
    user.devices.erase(std::min_element(user.devices.begin(), user.devices.end(), [](const auto& a, const auto& b) {
      return a.second.stream_until < b.second.stream_until;
    }));
  }
}

absl::Time NextChange(const UserPresence& user, absl::Time now, const Config& config) {
  absl::Time next = absl::InfiniteFuture();
  const auto consider = [&](absl::Time time) {
    if (time > now) next = std::min(next, time);
  };
  for (const auto& [id, device] : user.devices) consider(device.stream_until);
  if (user.own.state == State::kOnline) consider(user.last_active + config.idle_timeout);
  if (user.own.currently_active) consider(user.last_active + config.active_window);
  return next;
}

}  // namespace

std::string_view NameOf(State state) { return kNames[static_cast<int>(state)]; }

std::optional<State> StateOf(std::string_view name) {
  if (name == "busy") return State::kBusy;
  const auto found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<State>(found - std::begin(kNames));
}

Decision Step(const UserPresence& before, const Input& input, absl::Time now, const Config& config) {
  Decision decision;
  UserPresence& next = decision.next;
  next = before;
  ForgetGone(now, next);
  std::visit([&](const auto& what) { Apply(what, now, config, next); }, input);
  ForgetSurplus(next);
  if (IsProactiveRise(before, next, now)) next.last_active = now;
  next.own = OwnView(next, now, config);
  next.shown = ShownView(next.own, before.shown);
  decision.notify_others = !next.shown.LooksLike(before.shown);
  decision.notify_own = !next.own.LooksLike(before.own);
  decision.wake_at = NextChange(next, now, config);
  return decision;
}

}  // namespace parley::presence
