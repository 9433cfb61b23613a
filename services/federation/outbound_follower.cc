#include "services/federation/outbound_follower.h"

#include <algorithm>
#include <string>
#include <utility>

#include <absl/time/clock.h>

namespace parley::federation {
namespace {

// Names of the streams of `events`: its wakes for what leaves this server, and its heads.
constexpr char kOutbound[] = "events_outbound";
constexpr char kEvents[] = "events";
constexpr uint32_t kPage = 500;
constexpr absl::Duration kRetry = absl::Seconds(1);

rpc::Call OwnCall() {
  return {.deadline = absl::Now() + absl::Seconds(10), .request_id = "outbound"};
}

}  // namespace

OutboundFollower::OutboundFollower(const Needs& needs, std::vector<int64_t> marks, Take take)
    : needs_(needs), take_(std::move(take)), read_(std::move(marks)) {
  std::vector<bus::Topic> topics;
  for (Partition p = 0; p < read_.size(); ++p) topics.push_back({kOutbound, p});
  subscriptions_.push_back(
      needs.bus.Subscribe(bus::Interest::Of(std::move(topics)),
                          [this](const bus::Wake& wake) { Mark(wake.partition, wake.position); }));
  subscriptions_.push_back(needs.bus.OnReconnect([this] { MarkAll(); }));
  watcher_ = std::make_unique<bus::HeadWatcher>(
      needs.bus, needs.clock,
      bus::HeadWatcher::Options{.interest = bus::Interest::Of({}),
                                .services = {kEvents},
                                .poll = [this](const std::string&) { return PollHeads(); },
                                .on_head =
                                    [this](const bus::Head& head) {
                                      if (head.topic.service == kEvents)
                                        Mark(head.topic.partition, head.position);
                                    }});
  MarkAll();
  thread_ = std::thread([this] { Run(); });
}

OutboundFollower::~OutboundFollower() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  watcher_.reset();
  subscriptions_.clear();
  thread_.join();
}

void OutboundFollower::Mark(Partition partition, int64_t position) {
  absl::MutexLock lock(&mutex_);
  if (partition < read_.size() && position > read_[partition]) dirty_.insert(partition);
}

void OutboundFollower::MarkAll() {
  absl::MutexLock lock(&mutex_);
  for (Partition p = 0; p < read_.size(); ++p) dirty_.insert(p);
}

bool OutboundFollower::Wait(std::vector<Partition>& partitions) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !dirty_.empty();
  };
  mutex_.Await(absl::Condition(&ready));
  partitions.assign(dirty_.begin(), dirty_.end());
  dirty_.clear();
  return !stopping_;
}

void OutboundFollower::Run() {
  for (std::vector<Partition> partitions; Wait(partitions);) {
    if (Read(partitions)) continue;
    absl::MutexLock lock(&mutex_);
    dirty_.insert(partitions.begin(), partitions.end());
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kRetry);
  }
}

bool OutboundFollower::Read(const std::vector<Partition>& partitions) {
  events::v1::ListOutboundRequest request;
  request.set_limit(kPage);
  {
    absl::MutexLock lock(&mutex_);
    for (const Partition p : partitions) {
      common::v1::Head& since = *request.add_since();
      since.set_partition(p);
      since.set_position(read_[p]);
    }
  }
  const auto response = needs_.rooms.ListOutbound(OwnCall(), request);
  if (!response.ok()) return false;
  take_(*response);
  // An answer may end before the head, or leave a partition out: one that has moved is read until it stands still.
  absl::MutexLock lock(&mutex_);
  absl::btree_set<Partition> again(partitions.begin(), partitions.end());
  for (const common::v1::Head& head : response->heads()) {
    if (head.partition() >= read_.size()) continue;
    int64_t& read = read_[head.partition()];
    if (head.position() <= read) again.erase(head.partition());
    read = std::max(read, head.position());
  }
  dirty_.insert(again.begin(), again.end());
  return true;
}

std::vector<bus::Head> OutboundFollower::PollHeads() {
  std::vector<bus::Head> heads;
  const auto response = needs_.events.Heads(OwnCall(), {});
  if (!response.ok()) return heads;
  for (const common::v1::Head& head : response->heads()) {
    heads.push_back({{kEvents, head.partition()}, head.position()});
  }
  return heads;
}

}  // namespace parley::federation
