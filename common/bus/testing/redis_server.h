#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "common/testing/temporary_folder.h"

namespace parley::bus {

// A real redis-server on a free loopback port, for the life of the object. Threads: one.
class RedisServer {
 public:
  RedisServer();
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  uint16_t port() const { return port_; }
  void Stop();
  // On the same port; returns when it accepts connections.
  void Start();

 private:
  TemporaryFolder folder_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace parley::bus
