#pragma once

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "common/bus/redis_bus.h"
#include "common/bus/redis_connection.h"

namespace parley::bus {

// Publishes from one thread, all that waits in one round trip. Without a connection, and beyond
// max_unsent, messages are dropped. Threads: any.
class RedisPublisher {
 public:
  explicit RedisPublisher(const RedisOptions& options);
  ~RedisPublisher();

  void Publish(std::string channel, std::string payload);

 private:
  using Messages = std::vector<std::pair<std::string, std::string>>;

  void Run();
  // Empty when the publisher stops.
  Messages Take();
  void Send(const Messages& messages);
  void Pause();

  const RedisOptions options_;
  absl::Mutex mutex_;
  Messages unsent_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<RedisConnection> connection_;  // of the thread below
  absl::Duration backoff_;
  std::thread thread_;
};

}  // namespace parley::bus
