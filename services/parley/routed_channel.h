#pragma once

#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "common/lease/directory.h"
#include "common/rpc/channel.h"
#include "common/rpc/grpc/channel.h"
#include "common/rpc/observer.h"

namespace parley {

// A way to whoever owns a service at the time. A call that nobody answered is made again, to the next owner if there is one
// by then, until its deadline: the caller sees a pause and no error. So a call can be made twice, as by a client that
// repeats a request; transaction ids make that harmless. Threads: any. Lifetime: borrows directory and observer.
class RoutedChannel final : public rpc::Channel {
 public:
  RoutedChannel(std::string service, lease::Directory& directory, rpc::Observer& observer, std::string token);

  absl::Status Unary(const rpc::Method& method, const rpc::Call& call, const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite& response) override;

 private:
  std::shared_ptr<rpc::Channel> To(const lease::Directory::Place& place);

  const std::string service_;
  lease::Directory& directory_;
  rpc::Observer& observer_;
  const rpc::ChannelOptions options_;
  absl::Mutex mutex_;
  lease::MemberId owner_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<rpc::Channel> channel_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley
