#include "common/bus/head_watcher.h"

#include <utility>

namespace parley::bus {
namespace {

constexpr absl::Duration kTrustedSilence = absl::Seconds(2);

}  // namespace

HeadWatcher::HeadWatcher(Bus& bus, const Clock& clock, Options options)
    : bus_(bus), clock_(clock), options_(std::move(options)) {
  subscriptions_.push_back(
      bus_.Subscribe(options_.interest, [this](const Wake& wake) { HeardWake(wake); }));
  subscriptions_.push_back(
      bus_.SubscribeHeartbeats([this](const Heartbeat& beat) { HeardHeartbeat(beat); }));
  if (!bus_.reliable()) thread_ = std::thread([this] { Run(); });
}

HeadWatcher::~HeadWatcher() {
  Stop();
}

void HeadWatcher::Stop() {
  subscriptions_.clear();
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

int64_t HeadWatcher::head(const Topic& topic) const {
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(topic);
  return found == streams_.end() ? 0 : found->second.head;
}

absl::Time HeadWatcher::last_heard(const Topic& topic) const {
  if (bus_.reliable()) return clock_.Now();
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(topic);
  return found == streams_.end() ? absl::InfinitePast() : found->second.heard;
}

bool HeadWatcher::HeardLately(const Topic& topic) const {
  return clock_.Now() - last_heard(topic) <= kTrustedSilence;
}

bool HeadWatcher::IsSilent(const std::string& service) const {
  if (bus_.reliable()) return false;
  absl::MutexLock lock(&mutex_);
  const auto heard = services_.find(service);
  return heard == services_.end() || clock_.Now() - heard->second >= 2 * options_.period;
}

bool HeadWatcher::Note(const Topic& topic, int64_t head) {
  absl::MutexLock lock(&mutex_);
  State& state = streams_[topic];
  state.heard = clock_.Now();
  if (head <= state.head) return false;
  state.head = head;
  return true;
}

void HeadWatcher::HeardWake(const Wake& wake) {
  Note({std::string(wake.service), wake.partition}, wake.position);
}

void HeadWatcher::HeardHeartbeat(const Heartbeat& heartbeat) {
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = clock_.Now();
    for (const std::string& service : heartbeat.services) {
      services_[service] = now;
      for (const Partition partition : heartbeat.alive) streams_[{service, partition}].heard = now;
    }
  }
  for (const Head& head : heartbeat.moved) {
    if (Note(head.topic, head.position)) options_.on_head(head);
  }
}

void HeadWatcher::Run() {
  for (;;) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.period)) return;
    }
    PollSilentServices();
  }
}

void HeadWatcher::PollSilentServices() {
  for (const std::string& service : options_.services) {
    if (!IsSilent(service)) continue;
    for (const Head& head : options_.poll(service)) {
      if (Note(head.topic, head.position)) options_.on_head(head);
    }
  }
}

}  // namespace parley::bus
