#include "common/bus/stream_follower.h"

#include <algorithm>
#include <utility>

namespace parley::bus {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(1);

}  // namespace

StreamFollower::StreamFollower(Bus& bus, const Clock& clock, Options options)
    : options_(std::move(options)), read_(options_.begin) {
  subscriptions_.push_back(bus.Subscribe(Interest::Of(AllTopics(options_.wakes, read_.size())), [this](const Wake& wake) {
    Mark(wake.partition, wake.position);
  }));
  subscriptions_.push_back(bus.OnReconnect([this] { MarkAll(); }));
  watcher_ = std::make_unique<HeadWatcher>(
      bus, clock,
      HeadWatcher::Options{.interest = Interest::Of({}),
                           .services = {options_.service},
                           .poll = [this](const std::string&) { return options_.poll(); },
                           .on_head =
                               [this](const Head& head) {
                                 if (head.topic.service == options_.service)
                                   Mark(head.topic.partition, head.position);
                               }});
  MarkAll();
  thread_ = std::thread([this] { Run(); });
}

StreamFollower::~StreamFollower() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  watcher_.reset();
  subscriptions_.clear();
  thread_.join();
}

void StreamFollower::Mark(Partition partition, int64_t position) {
  absl::MutexLock lock(&mutex_);
  if (partition < read_.size() && position > read_[partition]) dirty_.insert(partition);
}

void StreamFollower::MarkAll() {
  absl::MutexLock lock(&mutex_);
  for (Partition p = 0; p < read_.size(); ++p) dirty_.insert(p);
}

void StreamFollower::Restart(absl::Span<const Partition> partitions, int64_t position) {
  absl::MutexLock lock(&mutex_);
  for (const Partition p : partitions) read_[p] = position;
  dirty_.insert(partitions.begin(), partitions.end());
  restarted_.insert(partitions.begin(), partitions.end());
}

bool StreamFollower::Wait(std::vector<Partition>& partitions) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !dirty_.empty();
  };
  mutex_.Await(absl::Condition(&ready));
  partitions.assign(dirty_.begin(), dirty_.end());
  dirty_.clear();
  restarted_.clear();
  return !stopping_;
}

void StreamFollower::Run() {
  for (std::vector<Partition> partitions; Wait(partitions);) {
    if (const auto done = options_.read(Behind(partitions))) {
      Note(*done);
    } else {
      TryLater(partitions);
    }
  }
}

std::vector<Progress> StreamFollower::Behind(const std::vector<Partition>& partitions) {
  absl::MutexLock lock(&mutex_);
  std::vector<Progress> behind;
  for (const Partition p : partitions) behind.push_back({p, read_[p]});
  return behind;
}

void StreamFollower::Note(const std::vector<Progress>& done) {
  absl::MutexLock lock(&mutex_);
  for (const Progress& progress : done) {
    if (progress.partition >= read_.size() || restarted_.contains(progress.partition)) continue;
    if (progress.more) dirty_.insert(progress.partition);
    int64_t& read = read_[progress.partition];
    read = std::max(read, progress.position);
  }
}

void StreamFollower::TryLater(const std::vector<Partition>& partitions) {
  absl::MutexLock lock(&mutex_);
  dirty_.insert(partitions.begin(), partitions.end());
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kRetry);
}

}  // namespace parley::bus
