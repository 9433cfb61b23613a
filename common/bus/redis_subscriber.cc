#include "common/bus/redis_subscriber.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include <absl/time/clock.h>

#include "common/bus/wire.h"
#include "common/status/macros.h"

namespace parley::bus {
namespace {

constexpr absl::Duration kAskAliveAfter = absl::Seconds(5);
constexpr absl::Duration kDeadAfter = absl::Seconds(10);

std::string_view TextOf(const redisReply* reply) {
  if (reply->type != REDIS_REPLY_STRING) return {};
  return {reply->str, static_cast<size_t>(reply->len)};
}

std::set<std::string> ChannelsOf(const Interest& wanted) {
  std::set<std::string> channels = {std::string(kHeartbeats)};
  if (wanted.all) {
    channels.emplace(kEveryWake);
    return channels;
  }
  for (const Topic& topic : wanted.topics)
    channels.insert(ChannelOf(topic.service, topic.partition));
  return channels;
}

// "SUBSCRIBE" or, for the pattern, "PSUBSCRIBE"; with "UN" in front for the opposite.
std::string Verb(std::string_view channel, bool subscribe) {
  return std::string(channel == kEveryWake ? "P" : "") + (subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE");
}

}  // namespace

RedisSubscriber::RedisSubscriber(const RedisOptions& options, Listeners& listeners)
    : options_(options),
      listeners_(listeners),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      backoff_(options.max_backoff / 100),
      thread_([this] { Run(); }) {}

RedisSubscriber::~RedisSubscriber() {
  stopping_ = true;
  Refresh();
  thread_.join();
  close(wake_fd_);
}

void RedisSubscriber::Refresh() {
  eventfd_write(wake_fd_, 1);
}

void RedisSubscriber::Run() {
  while (!stopping_) {
    auto connection = RedisConnection::Open(options_);
    if (!connection.ok()) {
      Pause();
      continue;
    }
    connection_ = *std::move(connection);
    backoff_ = options_.max_backoff / 100;
    subscribed_.clear();
    options_.probe->Connected();
    Serve().IgnoreError();
    options_.probe->Disconnected();
  }
}

absl::Status RedisSubscriber::Serve() {
  last_input_ = absl::Now();
  asked_alive_ = false;
  PARLEY_RETURN_IF_ERROR(SubscribeToWanted());
  listeners_.Reconnected();
  while (!stopping_) {
    if (AwaitInput()) {
      PARLEY_RETURN_IF_ERROR(
          connection_->ReadArrived([this](const redisReply& reply) { Handle(reply); }));
      last_input_ = absl::Now();
      asked_alive_ = false;
    }
    PARLEY_RETURN_IF_ERROR(SubscribeToWanted());
    PARLEY_RETURN_IF_ERROR(KeepAlive());
  }
  return absl::OkStatus();
}

bool RedisSubscriber::AwaitInput() {
  pollfd fds[] = {{connection_->fd(), POLLIN, 0}, {wake_fd_, POLLIN, 0}};
  poll(fds, 2, 1000);
  if (fds[1].revents) {
    eventfd_t ignored = 0;
    eventfd_read(wake_fd_, &ignored);
  }
  return fds[0].revents != 0;
}

absl::Status RedisSubscriber::KeepAlive() {
  const absl::Duration silent = absl::Now() - last_input_;
  if (silent > kDeadAfter) return absl::UnavailableError("redis fell silent");
  if (silent < kAskAliveAfter || asked_alive_) return absl::OkStatus();
  asked_alive_ = true;
  connection_->Append({"PING"});
  return connection_->Flush();
}

absl::Status RedisSubscriber::SubscribeToWanted() {
  std::set<std::string> wanted = ChannelsOf(listeners_.Wanted());
  for (const std::string& channel : wanted) {
    if (!subscribed_.contains(channel)) connection_->Append({Verb(channel, true), channel});
  }
  for (const std::string& channel : subscribed_) {
    if (!wanted.contains(channel)) connection_->Append({Verb(channel, false), channel});
  }
  subscribed_ = std::move(wanted);
  return connection_->Flush();
}

void RedisSubscriber::Handle(const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements < 3) return;
  const std::string_view kind = TextOf(reply.element[0]);
  if (kind == "message") Arrived(TextOf(reply.element[1]), TextOf(reply.element[2]));
  if (kind == "pmessage" && reply.elements == 4)
    Arrived(TextOf(reply.element[2]), TextOf(reply.element[3]));
  if (kind == "subscribe") Confirmed(TextOf(reply.element[1]));
  if (kind == "psubscribe") listeners_.Reconnected();
}

// Wakes between the listener's coming and now were not for us: it must look.
void RedisSubscriber::Confirmed(std::string_view channel) {
  if (const auto topic = TopicOf(channel))
    listeners_.Deliver(Wake{topic->service, topic->partition, 0, ""});
}

void RedisSubscriber::Arrived(std::string_view channel, std::string_view payload) {
  if (channel == kHeartbeats) {
    if (const auto heartbeat = DecodeHeartbeat(payload)) listeners_.Deliver(*heartbeat);
    return;
  }
  const auto topic = TopicOf(channel);
  if (!topic) return;
  if (const auto wake = DecodeWake(*topic, payload)) listeners_.Deliver(*wake);
}

void RedisSubscriber::Pause() {
  pollfd stop = {wake_fd_, POLLIN, 0};
  poll(&stop, 1, static_cast<int>(absl::ToInt64Milliseconds(backoff_)));
  eventfd_t ignored = 0;
  eventfd_read(wake_fd_, &ignored);
  backoff_ = std::min(backoff_ * 2, options_.max_backoff);
}

}  // namespace parley::bus
