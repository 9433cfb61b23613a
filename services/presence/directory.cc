#include "services/presence/directory.h"

#include <utility>

namespace parley::presence {
namespace {

// Timers are seconds to minutes, and looked at once a second.
constexpr absl::Duration kResolution = absl::Milliseconds(500);
constexpr int64_t kSlots = 256;
// The time of the last act may be older by this after a crash.
constexpr absl::Duration kSaveActivityEvery = absl::Seconds(30);
// Who was seen to go within this time is told again by a new owner: not everybody may have heard.
constexpr absl::Duration kMayBeUnheard = absl::Minutes(5);

// To be saved, whatever is told.
bool DiffersForStore(const UserPresence& a, const UserPresence& b) {
  return a.devices.size() != b.devices.size() || a.own.state != b.own.state;
}

}  // namespace

Directory::Directory(const Config& config, bus::Bus& bus, Partition partition, int64_t epoch,
                     absl::Time now)
    : config_(config),
      partition_(partition),
      stream_(bus, kStream, partition, epoch),
      timers_(now, {.resolution = kResolution, .slots = kSlots}) {}

Directory::User& Directory::UserFor(std::string_view user_id) {
  if (const auto found = users_.find(user_id); found != users_.end()) return *found->second;
  auto user = std::make_unique<User>(user_id);
  const std::string_view key = user->id;
  return *users_.emplace(key, std::move(user)).first->second;
}

void Directory::Restore(SavedUser saved, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (saved.remote_until) return RestoreRemote(std::move(saved), now);
  User& user = UserFor(saved.user_id);
  user.presence = std::move(saved.presence);
  for (auto& [id, device] : user.presence.devices)
    device.stream_until = now + config_.offline_grace;
  Decision decision = Step(user.presence, Ticked{}, now, config_);
  user.presence = std::move(decision.next);
  user.saved_active = user.presence.last_active;
  SetTimer(user, decision.wake_at);
  user.shown_since = saved.shown_since;
  const bool is_seen = user.presence.shown.state != State::kOffline;
  const bool others = is_seen || user.shown_since + kMayBeUnheard > now;
  if (others || user.presence.own.state != State::kOffline) Tell(user, others);
}

void Directory::RestoreAudience(const std::string& user_id, Audience audience) {
  absl::MutexLock lock(&mutex_);
  UserFor(user_id).audience = std::move(audience);
}

bool Directory::Apply(const std::string& user_id, const Input& input, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  return ApplyLocked(UserFor(user_id), input, now);
}

bool Directory::ApplyLocked(User& user, const Input& input, absl::Time now) {
  Decision decision = Step(user.presence, input, now, config_);
  const bool acted = decision.next.last_active - user.saved_active > kSaveActivityEvery;
  if (acted || DiffersForStore(user.presence, decision.next)) unsaved_.insert(&user);
  user.presence = std::move(decision.next);
  SetTimer(user, decision.wake_at);
  if (decision.notify_others) user.shown_since = now;
  if (decision.notify_others || decision.notify_own) Tell(user, decision.notify_others);
  return decision.notify_others;
}

void Directory::Tell(User& user, bool others) {
  user.own_at = stream_.Advance(user.id).counter;
  if (others) user.shown_at = user.own_at;
}

void Directory::SetTimer(User& user, absl::Time wake_at) {
  if (wake_at == absl::InfiniteFuture()) {
    timers_.Cancel(&user);
  } else {
    timers_.Set(&user, wake_at);
  }
}

void Directory::SetProfile(const std::string& user_id, Profile profile, bool announce) {
  absl::MutexLock lock(&mutex_);
  User& user = UserFor(user_id);
  user.profile = std::move(profile);
  if (announce) Tell(user, /*others=*/true);
}

void Directory::SetAudience(const std::string& user_id, Audience audience) {
  absl::MutexLock lock(&mutex_);
  User& user = UserFor(user_id);
  user.audience = std::move(audience);
  Tell(user, /*others=*/true);
  user.audience_at = user.shown_at;
}

Audience Directory::AudienceOf(std::string_view user_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = users_.find(user_id);
  return found == users_.end() ? Audience() : found->second->audience;
}

bool Directory::SetRemote(const std::string& user_id, View view, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  User& user = UserFor(user_id);
  user.remote_until = now + config_.remote_lifetime;
  return ShowRemote(user, std::move(view), now);
}

bool Directory::ShowRemote(User& user, View view, absl::Time now) {
  const bool is_news = !user.presence.shown.LooksLike(view);
  user.presence.shown = std::move(view);
  const bool is_there = user.presence.shown.state != State::kOffline;
  SetTimer(user, is_there ? *user.remote_until : absl::InfiniteFuture());
  unsaved_.insert(&user);
  if (!is_news) return false;
  user.shown_since = now;
  Tell(user, /*others=*/true);
  return true;
}

void Directory::RestoreRemote(SavedUser saved, absl::Time now) {
  const bool is_there = saved.presence.shown.state != State::kOffline;
  if (!is_there && saved.shown_since + kMayBeUnheard <= now) return;
  User& user = UserFor(saved.user_id);
  user.presence.shown = std::move(saved.presence.shown);
  user.remote_until = saved.remote_until;
  user.shown_since = saved.shown_since;
  if (is_there) SetTimer(user, *user.remote_until);
  Tell(user, /*others=*/true);
}

void Directory::TimeOutRemote(User& user, absl::Time now) {
  View gone;
  gone.last_active = user.presence.shown.last_active;
  ShowRemote(user, std::move(gone), now);
}

void Directory::Tick(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  for (User* user : timers_.TakeDue(now)) {
    if (user->remote_until) {
      TimeOutRemote(*user, now);
    } else {
      ApplyLocked(*user, Ticked{}, now);
    }
  }
}

SavedUser Directory::Save(const std::string& user_id) {
  absl::MutexLock lock(&mutex_);
  return SaveLocked(UserFor(user_id));
}

SavedUser Directory::SaveLocked(User& user) {
  user.saved_active = user.presence.last_active;
  unsaved_.erase(&user);
  return {partition_, user.id, user.presence, user.shown_since, user.remote_until};
}

std::vector<SavedUser> Directory::TakeUnsaved() {
  absl::MutexLock lock(&mutex_);
  std::vector<SavedUser> saved;
  for (User* user : std::exchange(unsaved_, {})) saved.push_back(SaveLocked(*user));
  return saved;
}

void Directory::Read(
    std::string_view user_id,
    absl::FunctionRef<void(const User*, stream::EphemeralPosition head)> read) const {
  absl::MutexLock lock(&mutex_);
  const auto found = users_.find(user_id);
  read(found == users_.end() ? nullptr : found->second.get(), stream_.head());
}

}  // namespace parley::presence
