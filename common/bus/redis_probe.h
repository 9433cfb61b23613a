#pragma once

#include <cstddef>

namespace parley::bus {

// What the runtime can measure of the bus over Redis. Threads: called from any; must be quick.
class RedisProbe {
 public:
  virtual ~RedisProbe() = default;

  // One that listens has reached Redis, again unless it is the first time: what was sent meanwhile is lost to it.
  virtual void Connected() {}
  virtual void Disconnected() {}
  // Messages that did not leave, for want of a connection or of room.
  virtual void Lost(size_t /*messages*/) {}

  static RedisProbe& Silent() {
    static RedisProbe probe;
    return probe;
  }
};

}  // namespace parley::bus
