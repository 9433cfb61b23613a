#pragma once

#include <string>

#include <absl/time/time.h>

namespace parley::rpc {

// What travels with every call between services, over gRPC as metadata and deadline: until when an answer is wanted, and
// the id of the request that caused it (for logs). A value.
struct Call {
  absl::Time deadline = absl::InfiniteFuture();
  std::string request_id;
};

}  // namespace parley::rpc
