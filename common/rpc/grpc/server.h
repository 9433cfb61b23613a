#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/rpc/dispatcher.h"
#include "common/rpc/observer.h"
#include "common/runtime/work_pool.h"

namespace parley::rpc {

struct ServerOptions {
  // "host:port" (port 0: any free one) or "unix:/path".
  std::vector<std::string> addresses;
  size_t max_message_bytes = 64 << 20;
  // Callers must show it (ChannelOptions::token); others get PermissionDenied. Empty: anybody may call.
  std::string token = {};
};

// Answers gRPC calls with a dispatcher's methods. Each call runs on the work pool; when that is full the caller gets
// ResourceExhausted at once. A call whose caller has gone before its turn is dropped unrun. Serves grpc.health.v1 too.
//
// Threads: every method may be called from any thread.
// Lifetime: borrows dispatcher, pool and observer. The destructor stops at once.
class Server {
 public:
  // InvalidArgument when an address can't be listened on.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, const Dispatcher& dispatcher,
                                                       WorkPool& pool, Observer& observer);
  virtual ~Server() = default;

  // The port of the first address with one; 0 if there is none.
  virtual int port() const = 0;
  // What the health service says; a server starts as not serving.
  virtual void SetServing(bool serving) = 0;
  // Refuses new calls and returns when those under way are answered, or cut off after `grace`.
  virtual void Stop(absl::Duration grace) = 0;
};

}  // namespace parley::rpc
