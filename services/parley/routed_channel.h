#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <google/protobuf/message.h>

#include "common/lease/directory.h"
#include "common/rpc/channel.h"
#include "common/rpc/grpc/channel.h"
#include "common/rpc/observer.h"
#include "common/rpc/routing/method_routes.h"

namespace parley {

// The way to the services of this process, for calls whose owner it is itself. Threads: any.
class OwnServices {
 public:
  explicit OwnServices(rpc::Channel& channel) : channel_(channel) {}

  // Where others call this process; before that, nothing is its own.
  void AnswerAt(const std::string& address);
  // Null: another process'.
  rpc::Channel* At(const std::string& address) const;

 private:
  rpc::Channel& channel_;
  mutable absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
};

// A way to whoever owns at the time what a call is about, as its contract says (common/rpc/routing). A call that spans
// partitions of several owners is cut by owner, and the answers are put together.
//
// A call that the wrong process refused goes to the right one. One that nobody answered is made again, to the next owner
// if there is one by then, unless the contract forbids it; until its deadline: the caller sees a pause and no error. So a
// call can be made twice, as by a client that repeats a request. Threads: any. Lifetime: borrows directory, observer, own.
class RoutedChannel final : public rpc::Channel {
 public:
  RoutedChannel(std::string service, lease::Directory& directory, const OwnServices& own, rpc::Observer& observer,
                std::string token);

  absl::Status Unary(const rpc::Method& method, const rpc::Call& call, const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite& response) override;

 private:
  using Place = lease::Directory::Place;
  using Message = google::protobuf::Message;

  struct Ask {
    const rpc::Method& method;
    const rpc::MethodRoute& route;
    const rpc::Call call;
  };

  // `unit` empty: any owner.
  absl::Status AskOwner(const Ask& ask, std::optional<Partition> unit, const Message& request, Message& response);
  absl::Status AskEveryOwner(const Ask& ask, const Message& request, Message& response);
  absl::Status AskOwnersOfParts(const Ask& ask, const Message& request, Message& response);

  Place Pick(std::optional<Partition> unit, absl::Time deadline);
  Place Next(std::optional<Partition> unit, const Place& last, absl::Time deadline);
  absl::Status AskAt(const Place& place, const Ask& ask, const Message& request, Message& response);
  std::shared_ptr<rpc::Channel> To(const std::string& address);
  // True when another attempt may lead further.
  bool MayAskAgain(const Ask& ask, const absl::Status& status) const;
  absl::Status Nobody() const;

  const std::string service_;
  const uint32_t units_;
  lease::Directory& directory_;
  const OwnServices& own_;
  rpc::Observer& observer_;
  const rpc::ChannelOptions options_;
  rpc::MethodRoutes routes_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<rpc::Channel>> channels_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley
