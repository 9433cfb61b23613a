#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/federation/x_matrix.h"
#include "common/metrics/registry.h"
#include "services/gateway/endpoint.h"

namespace parley::federation {
class FederationService;
}

namespace parley::gateway {

// Which server has signed a request. Server-server API, "Request Authentication". Keys that were
// good are kept until they end. Threads: any. Lifetime: borrows all.
class ServerAuth {
 public:
  struct Deps {
    federation::FederationService& federation;
    const Clock& clock;
    metrics::Registry& registry;
  };

  ServerAuth(std::string server_name, Deps deps);

  // The origin. M_UNAUTHORIZED (401) when the request is not signed by anybody, or for another
  // server than ours; M_NOT_JSON, M_BAD_JSON for its body; M_LIMIT_EXCEEDED while too many keys are
  // being looked for.
  absl::StatusOr<std::string> Check(RequestContext& context);

 private:
  struct Key {
    std::string public_key;
    int64_t valid_until_ms = 0;
  };

  absl::Status CheckSignature(RequestContext& context, const federation::XMatrix& claim,
                              std::string_view public_key) const;
  absl::StatusOr<std::string> KeyOf(const rpc::Call& call, const federation::XMatrix& claim);
  std::optional<std::string> KeptKey(const std::string& name);
  absl::StatusOr<Key> AskForKey(const rpc::Call& call, const federation::XMatrix& claim);
  void RecordAlive(const rpc::Call& call, const std::string& origin);

  const std::string server_name_;
  const Deps deps_;
  const metrics::Counter accepted_, refused_;
  std::atomic<int> asking_ = 0;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Key> keys_ ABSL_GUARDED_BY(mutex_);  // by origin and key id
  absl::flat_hash_map<std::string, absl::Time> told_alive_ ABSL_GUARDED_BY(mutex_);  // by origin
};

// What answers another server.
using ServerHandler =
    std::function<absl::StatusOr<HttpAnswer>(RequestContext&, const std::string& origin)>;

// `handler` behind the check. `auth` outlives the route.
RouteHandler Signed(ServerAuth& auth, ServerHandler handler);

}  // namespace parley::gateway
