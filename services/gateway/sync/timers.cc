#include "services/gateway/sync/timers.h"

#include <absl/time/clock.h>

namespace parley::gateway {

Timers::Timers() : thread_([this] { Run(); }) {}

Timers::~Timers() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
}

uint64_t Timers::At(absl::Time when, Callback callback) {
  absl::MutexLock lock(&mutex_);
  const uint64_t ticket = next_ticket_++;
  changed_ |= timers_.empty() || when < timers_.begin()->first.first;
  timers_.emplace(Key{when, ticket}, std::move(callback));
  when_[ticket] = when;
  return ticket;
}

void Timers::Cancel(uint64_t ticket) {
  absl::MutexLock lock(&mutex_);
  const auto found = when_.find(ticket);
  if (found == when_.end()) return;
  timers_.erase(Key{found->second, ticket});
  when_.erase(found);
}

void Timers::Run() {
  absl::MutexLock lock(&mutex_);
  while (!ending_) {
    const absl::Time next =
        timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first.first;
    const auto disturbed = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return ending_ || changed_;
    };
    const bool stop = mutex_.AwaitWithDeadline(absl::Condition(&disturbed), next);
    changed_ = false;
    if (stop) continue;
    auto due = timers_.begin();
    if (due == timers_.end()) continue;
    Callback callback = std::move(due->second);
    when_.erase(due->first.second);
    timers_.erase(due);
    mutex_.Unlock();
    callback();
    mutex_.Lock();
  }
}

}  // namespace parley::gateway
