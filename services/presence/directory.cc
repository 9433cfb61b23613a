#include "services/presence/directory.h"

#include "services/presence/store.h"

namespace parley::presence {

Directory::Directory(const Config& config, bus::Bus& bus, Partition partition, int64_t epoch)
    : config_(config), stream_(bus, kStream, partition, epoch) {}

void Directory::Restore(const std::string& user_id, std::optional<State> override_state, std::string status_msg) {
  absl::MutexLock lock(&mutex_);
  auto user = std::make_unique<User>();
  user->presence.override_state = override_state;
  user->presence.status_msg = std::move(status_msg);
  user->presence.own.state = override_state.value_or(State::kOffline);
  users_[user_id] = std::move(user);
}

bool Directory::Apply(const std::string& user_id, const Input& input, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  auto& user = users_[user_id];
  if (!user) user = std::make_unique<User>();
  return ApplyLocked(user_id, *user, input, now);
}

bool Directory::ApplyLocked(const std::string& user_id, User& user, const Input& input, absl::Time now) {
  Decision decision = Step(user.presence, input, now, config_);
  user.presence = std::move(decision.next);
  SetTimer(user_id, user, decision.wake_at);
  if (decision.notify_others || decision.notify_own) Tell(user_id, user, decision.notify_others);
  return decision.notify_others;
}

void Directory::Tell(const std::string& user_id, User& user, bool others) {
  user.own_at = stream_.Advance(user_id).counter;
  if (others) user.shown_at = user.own_at;
}

void Directory::SetTimer(const std::string& user_id, User& user, absl::Time wake_at) {
  if (user.wake_at == wake_at) return;
  timers_.erase({user.wake_at, user_id});
  user.wake_at = wake_at;
  if (wake_at != absl::InfiniteFuture()) timers_.insert({wake_at, user_id});
}

void Directory::SetProfile(const std::string& user_id, Profile profile, bool announce) {
  absl::MutexLock lock(&mutex_);
  auto& user = users_[user_id];
  if (!user) user = std::make_unique<User>();
  user->profile = std::move(profile);
  if (announce) Tell(user_id, *user, /*others=*/true);
}

bool Directory::SetRemote(const std::string& user_id, View view) {
  absl::MutexLock lock(&mutex_);
  auto& user = users_[user_id];
  if (!user) user = std::make_unique<User>();
  const bool is_news = !user->presence.shown.LooksLike(view);
  user->presence.shown = user->presence.own = std::move(view);
  if (is_news) Tell(user_id, *user, /*others=*/true);
  return is_news;
}

void Directory::Tick(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const std::string user_id = timers_.begin()->second;
    User& user = *users_[user_id];
    timers_.erase(timers_.begin());
    user.wake_at = absl::InfiniteFuture();
    ApplyLocked(user_id, user, Ticked{}, now);
  }
}

void Directory::Read(const std::string& user_id,
                     absl::FunctionRef<void(const User*, stream::EphemeralPosition head)> read) const {
  absl::MutexLock lock(&mutex_);
  const auto found = users_.find(user_id);
  read(found == users_.end() ? nullptr : found->second.get(), stream_.head());
}

}  // namespace parley::presence
