#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/message_lite.h>

#include "common/rpc/call.h"

namespace parley::rpc {

// One method of a contract. Generated code has one constant for each; compare by `path`.
struct Method {
  const char* path;   // as on the wire: "/parley.events.v1.Events/Send"
  const char* label;  // for people and metrics: "events.Send"
};

// A way to the process that serves a contract. Generated clients call through it.
// Threads: every method may be called from any thread.
class Channel {
 public:
  virtual ~Channel() = default;

  // Sends `request`, waits for the answer and parses it into `response`.
  // Errors: what the service answered, Matrix errors included; Unavailable or DeadlineExceeded when it did not.
  // A call without a deadline gets the channel's default: no call waits for ever.
  virtual absl::Status Unary(const Method& method, const Call& call, const google::protobuf::MessageLite& request,
                             google::protobuf::MessageLite& response) = 0;
};

// What generated clients do for each method.
template <class Response, class Request>
absl::StatusOr<Response> Invoke(Channel& channel, const Method& method, const Call& call, const Request& request) {
  Response response;
  if (absl::Status status = channel.Unary(method, call, request, response); !status.ok()) return status;
  return response;
}

}  // namespace parley::rpc
