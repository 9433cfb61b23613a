#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/bus/redis_bus.h"

struct redisContext;
struct redisReply;

namespace parley::bus {

// One connection to Redis, blocking with time limits. Threads: one at a time.
class RedisConnection {
 public:
  // Connected, and logged in if there is a password.
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Open(const RedisOptions& options);
  ~RedisConnection();

  // Puts a command into the output buffer.
  void Append(const std::vector<std::string_view>& words);
  // Sends the buffer.
  absl::Status Flush();
  // Sends, and waits for `count` answers; fails if one of them is an error.
  absl::Status AwaitReplies(size_t count);
  // Reads what has arrived (call when fd is readable) and hands over each whole answer.
  absl::Status ReadArrived(const std::function<void(const redisReply&)>& on_reply);

  int fd() const;

 private:
  explicit RedisConnection(redisContext* context) : context_(context) {}
  absl::Status LogIn(const RedisOptions& options);
  absl::Status Error() const;

  redisContext* context_;
};

}  // namespace parley::bus
