#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <absl/time/time.h>

#include "common/bus/bus.h"
#include "common/bus/redis_probe.h"

namespace parley::bus {

struct RedisOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string username = {};  // empty: the default user
  std::string password = {};  // empty: no AUTH
  absl::Duration connect_timeout = absl::Seconds(2);
  absl::Duration max_backoff =
      absl::Seconds(2);       // between attempts to connect; begins at a hundredth of it
  size_t max_unsent = 65536;  // wakes that wait while Redis is slow; more are dropped
  RedisProbe* probe = &RedisProbe::Silent();  // outlives the bus
};

// Wakes over Redis pub/sub, one channel per stream and partition: parley:<service>:<partition>. Two
// threads, one that publishes and one that listens, each with its connection; both reconnect by
// themselves.
//
// Without Redis, wakes are dropped and subscriptions wait for it; nothing fails.
std::unique_ptr<Bus> MakeRedisBus(const RedisOptions& options);

}  // namespace parley::bus
