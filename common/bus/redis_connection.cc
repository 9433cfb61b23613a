#include "common/bus/redis_connection.h"

#include <hiredis/hiredis.h>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::bus {
namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using ReplyPtr = std::unique_ptr<redisReply, FreeReply>;

}  // namespace

absl::StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Open(
    const RedisOptions& options) {
  const timeval timeout = absl::ToTimeval(options.connect_timeout);
  redisContext* const context =
      redisConnectWithTimeout(options.host.c_str(), options.port, timeout);
  if (!context) return absl::UnavailableError("no memory for a connection to Redis");
  std::unique_ptr<RedisConnection> connection(new RedisConnection(context));
  if (context->err) return connection->Error();
  redisSetTimeout(context, timeout);
  redisEnableKeepAlive(context);
  PARLEY_RETURN_IF_ERROR(connection->LogIn(options));
  return connection;
}

RedisConnection::~RedisConnection() {
  redisFree(context_);
}

absl::Status RedisConnection::LogIn(const RedisOptions& options) {
  if (options.password.empty()) {
    Append({"PING"});
  } else if (options.username.empty()) {
    Append({"AUTH", options.password});
  } else {
    Append({"AUTH", options.username, options.password});
  }
  return AwaitReplies(1);
}

void RedisConnection::Append(const std::vector<std::string_view>& words) {
  std::vector<const char*> data;
  std::vector<size_t> sizes;
  for (const std::string_view word : words) {
    data.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(context_, static_cast<int>(words.size()), data.data(), sizes.data());
}

absl::Status RedisConnection::Flush() {
  int done = 0;
  while (!done) {
    if (redisBufferWrite(context_, &done) != REDIS_OK) return Error();
  }
  return absl::OkStatus();
}

absl::Status RedisConnection::AwaitReplies(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    void* answer = nullptr;
    if (redisGetReply(context_, &answer) != REDIS_OK) return Error();
    const ReplyPtr reply(static_cast<redisReply*>(answer));
    if (reply->type == REDIS_REPLY_ERROR)
      return absl::UnavailableError(StrCat("redis: ", std::string_view(reply->str)));
  }
  return absl::OkStatus();
}

absl::Status RedisConnection::ReadArrived(const std::function<void(const redisReply&)>& on_reply) {
  if (redisBufferRead(context_) != REDIS_OK) return Error();
  for (;;) {
    void* answer = nullptr;
    if (redisGetReplyFromReader(context_, &answer) != REDIS_OK) return Error();
    if (!answer) return absl::OkStatus();
    const ReplyPtr reply(static_cast<redisReply*>(answer));
    on_reply(*reply);
  }
}

int RedisConnection::fd() const {
  return context_->fd;
}

absl::Status RedisConnection::Error() const {
  return absl::UnavailableError(StrCat("redis: ", std::string_view(context_->errstr)));
}

}  // namespace parley::bus
