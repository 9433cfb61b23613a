#include "common/bus/heartbeat.h"

#include <set>
#include <utility>

namespace parley::bus {

HeartbeatSender::HeartbeatSender(Bus& bus, const Clock& clock, Options options)
    : bus_(bus), clock_(clock), options_(std::move(options)) {
  if (!bus_.reliable()) thread_ = std::thread([this] { Run(); });
}

HeartbeatSender::~HeartbeatSender() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void HeartbeatSender::Run() {
  for (;;) {
    bus_.PublishHeartbeat(Make());
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.period)) return;
  }
}

Heartbeat HeartbeatSender::Make() {
  Heartbeat heartbeat;
  std::set<std::string> services;
  std::set<Partition> partitions;
  const absl::Time now = clock_.Now();
  for (const Head& head : options_.heads()) {
    services.insert(head.topic.service);
    partitions.insert(head.topic.partition);
    if (MovedLately(head, now)) heartbeat.moved.push_back(head);
  }
  heartbeat.services.assign(services.begin(), services.end());
  heartbeat.alive.assign(partitions.begin(), partitions.end());
  return heartbeat;
}

bool HeartbeatSender::MovedLately(const Head& head, absl::Time now) {
  const auto [entry, is_new] = seen_.try_emplace(head.topic, Seen{head.position, now});
  Seen& seen = entry->second;
  if (!is_new && head.position != seen.head) seen = {head.position, now};
  return head.position > 0 && now - seen.moved < options_.repeat_for;
}

}  // namespace parley::bus
