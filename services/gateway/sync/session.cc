#include "services/gateway/sync/session.h"

#include <algorithm>

#include "common/base/strings.h"

namespace parley::gateway {

std::shared_ptr<const UserSnapshot> Session::user() const {
  absl::MutexLock lock(&mutex_);
  return user_;
}

std::shared_ptr<const DeviceSnapshot> Session::device(std::string_view device_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = devices_.find(Abs(device_id));
  return found == devices_.end() ? nullptr : found->second;
}

void Session::Remember(std::shared_ptr<const UserSnapshot> user, std::string_view device_id,
                       std::shared_ptr<const DeviceSnapshot> device) {
  absl::MutexLock lock(&mutex_);
  if (user_ == nullptr || user->accounts_position >= user_->accounts_position) {
    user_ = std::move(user);
  }
  auto& known = devices_[Abs(device_id)];
  if (known == nullptr || device->accounts_position >= known->accounts_position) {
    known = std::move(device);
  }
}

void Session::Drop(std::string_view device_id) {
  absl::MutexLock lock(&mutex_);
  devices_.erase(Abs(device_id));
}

uint64_t Session::wakes() const {
  absl::MutexLock lock(&mutex_);
  return wakes_;
}

uint64_t Session::Park(uint64_t seen, Wake wake) {
  absl::MutexLock lock(&mutex_);
  if (wakes_ != seen) return 0;
  waiters_.emplace_back(next_ticket_, std::move(wake));
  return next_ticket_++;
}

void Session::Unpark(uint64_t ticket) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(waiters_, [&](const auto& waiter) { return waiter.first == ticket; });
}

void Session::WakeAll() {
  std::vector<std::pair<uint64_t, Wake>> woken;
  {
    absl::MutexLock lock(&mutex_);
    ++wakes_;
    woken.swap(waiters_);
  }
  for (auto& [ticket, wake] : woken) wake();
}

bool Session::HasWaiters() const {
  absl::MutexLock lock(&mutex_);
  return !waiters_.empty();
}

absl::Time Session::last_used() const {
  absl::MutexLock lock(&mutex_);
  return last_used_;
}

void Session::Touch(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  last_used_ = now;
}

std::shared_ptr<Session> SessionTable::Get(std::string_view user_id, absl::Time now) {
  std::shared_ptr<Session> session;
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = sessions_[Abs(user_id)];
    if (entry.session == nullptr) entry.session = std::make_shared<Session>(std::string(user_id));
    session = entry.session;
  }
  session->Touch(now);
  return session;
}

void SessionTable::Listen(const std::shared_ptr<Session>& session,
                          std::vector<std::string> room_ids) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = sessions_[session->user_id()];
  if (entry.session != session) entry.session = session;
  absl::flat_hash_set<std::string> wanted(room_ids.begin(), room_ids.end());
  if (wanted == entry.rooms) return;
  StopListening(entry);
  for (const std::string& room : wanted) listeners_[room].push_back(session);
  entry.rooms = std::move(wanted);
}

void SessionTable::StopListening(Entry& entry) {
  for (const std::string& room : entry.rooms) {
    const auto found = listeners_.find(room);
    if (found == listeners_.end()) continue;
    std::erase(found->second, entry.session);
    if (found->second.empty()) listeners_.erase(found);
  }
  entry.rooms.clear();
}

std::shared_ptr<Session> SessionTable::Find(std::string_view user_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = sessions_.find(Abs(user_id));
  return found == sessions_.end() ? nullptr : found->second.session;
}

void SessionTable::WakeUser(std::string_view user_id) {
  if (const auto session = Find(user_id)) session->WakeAll();
}

void SessionTable::WakeRoom(std::string_view room_id) {
  Sessions woken;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = listeners_.find(Abs(room_id));
    if (found == listeners_.end()) return;
    woken = found->second;
  }
  for (const auto& session : woken) session->WakeAll();
}

void SessionTable::WakeEverybody() {
  WakeUsersIf([](std::string_view) { return true; });
}

void SessionTable::WakeUsersIf(const std::function<bool(std::string_view)>& matches) {
  Sessions woken;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [user, entry] : sessions_) {
      if (matches(user)) woken.push_back(entry.session);
    }
  }
  for (const auto& session : woken) session->WakeAll();
}

void SessionTable::WakeRoomsIf(const std::function<bool(std::string_view)>& matches) {
  absl::flat_hash_set<std::shared_ptr<Session>> woken;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [room, sessions] : listeners_) {
      if (matches(room)) woken.insert(sessions.begin(), sessions.end());
    }
  }
  for (const auto& session : woken) session->WakeAll();
}

void SessionTable::Sweep(absl::Time now, absl::Duration idle) {
  absl::MutexLock lock(&mutex_);
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    Entry& entry = it->second;
    const bool unused = !entry.session->HasWaiters() && entry.session->last_used() + idle < now;
    if (!unused) {
      ++it;
      continue;
    }
    StopListening(entry);
    sessions_.erase(it++);
  }
}

size_t SessionTable::size() const {
  absl::MutexLock lock(&mutex_);
  return sessions_.size();
}

size_t SessionTable::waiting() const {
  absl::MutexLock lock(&mutex_);
  size_t waiting = 0;
  for (const auto& [user, entry] : sessions_) waiting += entry.session->HasWaiters();
  return waiting;
}

}  // namespace parley::gateway
