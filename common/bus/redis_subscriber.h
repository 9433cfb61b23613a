#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include <absl/status/status.h>
#include <absl/time/time.h>

#include "common/bus/listeners.h"
#include "common/bus/redis_bus.h"
#include "common/bus/redis_connection.h"

namespace parley::bus {

// Keeps Redis subscribed to what the listeners want and delivers what comes, on one thread.
// Threads: any.
class RedisSubscriber {
 public:
  // Borrows `listeners`.
  RedisSubscriber(const RedisOptions& options, Listeners& listeners);
  ~RedisSubscriber();

  // What the listeners want may have changed.
  void Refresh();

 private:
  void Run();
  // Until the connection breaks or the subscriber stops.
  absl::Status Serve();
  // Waits until Redis sent something (true) or Refresh was called, or a second passed.
  bool AwaitInput();
  absl::Status KeepAlive();
  // Sends the difference between what Redis has and what the listeners want.
  absl::Status SubscribeToWanted();
  void Handle(const redisReply& reply);
  void Confirmed(std::string_view channel);
  void Arrived(std::string_view channel, std::string_view payload);
  void Pause();

  const RedisOptions options_;
  Listeners& listeners_;
  const int wake_fd_;  // an eventfd
  std::atomic<bool> stopping_ = false;

  // Of the thread below:
  std::unique_ptr<RedisConnection> connection_;
  std::set<std::string> subscribed_;  // channels, and the pattern
  absl::Time last_input_;
  bool asked_alive_ = false;
  absl::Duration backoff_;

  std::thread thread_;
};

}  // namespace parley::bus
