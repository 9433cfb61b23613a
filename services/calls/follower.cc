#include "services/calls/follower.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <absl/time/clock.h>

#include "common/calls/signal.h"
#include "common/json/value.h"

namespace parley::calls {
namespace {

// Names of the streams of `events`: its wakes for calls, and its heads.
constexpr char kSignals[] = "call_signals";
constexpr char kEvents[] = "events";
// As many signals of a partition as one answer holds: there may be more.
constexpr int kFullAnswer = 1000;
constexpr absl::Duration kRetry = absl::Seconds(1);

rpc::Call OwnCall() {
  return {.deadline = absl::Now() + absl::Seconds(10), .request_id = "calls"};
}

std::optional<Signal> Parse(const events::v1::CallSignal& from) {
  const auto content = json::ParseObject(from.content());
  if (!content.ok()) return std::nullopt;
  std::optional<Signal> signal;
  if (const std::string* redacts = json::FindString(*content, "redacts")) {
    signal.emplace().kind = Signal::Kind::kRedaction;
    signal->redacts = *redacts;
  } else {
    signal = ReadSignal(from.type(), *content);
  }
  if (!signal) return std::nullopt;
  signal->event_id = from.event_id();
  signal->sender = from.sender();
  signal->sent_at = from.origin_server_ts();
  signal->seen_at = from.seen_at();
  return signal;
}

}  // namespace

Follower::Follower(bus::Bus& bus, const Clock& clock, events::EventsService& events,
                   CallBoard& board, uint32_t partitions)
    : events_(events), board_(board), started_(clock.Now()), read_(partitions, -1) {
  std::vector<bus::Topic> topics;
  for (Partition p = 0; p < partitions; ++p) topics.push_back({kSignals, p});
  subscriptions_.push_back(
      bus.Subscribe(bus::Interest::Of(std::move(topics)),
                    [this](const bus::Wake& wake) { Mark(wake.partition, wake.position); }));
  subscriptions_.push_back(bus.OnReconnect([this] { MarkAll(); }));
  watcher_ = std::make_unique<bus::HeadWatcher>(
      bus, clock,
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

Follower::~Follower() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  watcher_.reset();
  subscriptions_.clear();
  thread_.join();
}

void Follower::Mark(Partition partition, int64_t position) {
  absl::MutexLock lock(&mutex_);
  if (partition < read_.size() && position > read_[partition]) dirty_.insert(partition);
}

void Follower::MarkAll() {
  absl::MutexLock lock(&mutex_);
  for (Partition p = 0; p < read_.size(); ++p) dirty_.insert(p);
}

bool Follower::Wait(std::vector<Partition>& partitions) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !dirty_.empty();
  };
  mutex_.Await(absl::Condition(&ready));
  partitions.assign(dirty_.begin(), dirty_.end());
  dirty_.clear();
  return !stopping_;
}

void Follower::Run() {
  for (std::vector<Partition> partitions; Wait(partitions);) {
    if (Read(partitions)) continue;
    absl::MutexLock lock(&mutex_);
    dirty_.insert(partitions.begin(), partitions.end());
    mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kRetry);
  }
}

bool Follower::Read(const std::vector<Partition>& partitions) {
  events::v1::ListCallSignalsRequest request;
  {
    absl::MutexLock lock(&mutex_);
    for (const Partition p : partitions) {
      common::v1::Head& since = *request.add_since();
      since.set_partition(p);
      since.set_position(std::max<int64_t>(0, read_[p]));
    }
  }
  const auto response = events_.ListCallSignals(OwnCall(), request);
  if (!response.ok()) return false;
  std::map<Partition, int> taken;
  for (const events::v1::CallSignal& signal : response->signals()) {
    Take(signal);
    ++taken[signal.partition()];
  }
  absl::MutexLock lock(&mutex_);
  for (const common::v1::Head& head : response->heads()) {
    if (head.partition() >= read_.size()) continue;
    if (taken[head.partition()] >= kFullAnswer) dirty_.insert(head.partition());
    read_[head.partition()] = std::max(read_[head.partition()], head.position());
  }
  return true;
}

void Follower::Take(const events::v1::CallSignal& from) {
  const std::optional<Signal> signal = Parse(from);
  if (signal)
    board_.Apply(from.room_id(), *signal, absl::FromUnixMillis(signal->seen_at) < started_);
}

std::vector<bus::Head> Follower::PollHeads() {
  std::vector<bus::Head> heads;
  const auto response = events_.Heads(OwnCall(), {});
  if (!response.ok()) return heads;
  for (const common::v1::Head& head : response->heads()) {
    heads.push_back({{kEvents, head.partition()}, head.position()});
  }
  return heads;
}

}  // namespace parley::calls
