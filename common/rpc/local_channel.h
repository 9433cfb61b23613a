#pragma once

#include <google/protobuf/message.h>

#include "common/rpc/dispatcher.h"

namespace parley::rpc {

// A way to the services of this process, past the same guard as calls from others. Threads: any.
// Borrows the dispatcher.
class LocalChannel final : public Channel {
 public:
  explicit LocalChannel(const Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  absl::Status Unary(const Method& method, const Call& call, const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite& response) override {
    const Dispatcher::Entry* entry = dispatcher_.Find(method.path);
    if (entry == nullptr) return absl::UnimplementedError("no such method here");
    const Dispatcher::Answer answer = dispatcher_.Run(*entry, call, request);
    if (!answer.ok()) return answer.status();
    auto& from = static_cast<google::protobuf::Message&>(**answer);
    auto& to = static_cast<google::protobuf::Message&>(response);
    to.GetReflection()->Swap(&to, &from);
    return absl::OkStatus();
  }

 private:
  const Dispatcher& dispatcher_;
};

}  // namespace parley::rpc
