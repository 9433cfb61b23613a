#include "common/bus/redis_publisher.h"

#include <algorithm>

namespace parley::bus {

RedisPublisher::RedisPublisher(const RedisOptions& options)
    : options_(options), backoff_(options.max_backoff / 100), thread_([this] { Run(); }) {}

RedisPublisher::~RedisPublisher() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void RedisPublisher::Publish(std::string channel, std::string payload) {
  absl::MutexLock lock(&mutex_);
  if (unsent_.size() < options_.max_unsent) {
    unsent_.emplace_back(std::move(channel), std::move(payload));
  } else {
    options_.probe->Lost(1);
  }
}

void RedisPublisher::Run() {
  for (Messages messages = Take(); !messages.empty(); messages = Take()) Send(messages);
}

RedisPublisher::Messages RedisPublisher::Take() {
  const auto has_work = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !unsent_.empty();
  };
  absl::MutexLock lock(&mutex_, absl::Condition(&has_work));
  return std::exchange(unsent_, {});
}

void RedisPublisher::Send(const Messages& messages) {
  if (!connection_) {
    auto connection = RedisConnection::Open(options_);
    if (!connection.ok()) {
      options_.probe->Lost(messages.size());
      Pause();
      return;
    }
    connection_ = *std::move(connection);
    backoff_ = options_.max_backoff / 100;
  }
  for (const auto& [channel, payload] : messages)
    connection_->Append({"PUBLISH", channel, payload});
  if (connection_->AwaitReplies(messages.size()).ok()) return;
  options_.probe->Lost(messages.size());
  connection_.reset();
}

void RedisPublisher::Pause() {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), backoff_);
  backoff_ = std::min(backoff_ * 2, options_.max_backoff);
}

}  // namespace parley::bus
