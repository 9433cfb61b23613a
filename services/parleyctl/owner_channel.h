#pragma once

#include <memory>
#include <string>

#include "common/rpc/grpc/channel.h"

namespace parley::ctl {

// The way to whoever owns what a call is about, from any process of its service: one that does not
// own it says who does. Threads: one.
class OwnerChannel final : public rpc::Channel {
 public:
  OwnerChannel(std::string address, rpc::ChannelOptions options);

  absl::Status Unary(const rpc::Method& method, const rpc::Call& call,
                     const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite& response) override;

 private:
  void Open(std::string address);

  const rpc::ChannelOptions options_;
  std::string address_;
  std::unique_ptr<rpc::Channel> channel_;
};

}  // namespace parley::ctl
