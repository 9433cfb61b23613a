#pragma once

#include <memory>
#include <vector>

#include "common/base/clock.h"
#include "common/http/server.h"
#include "common/metrics/registry.h"
#include "common/runtime/work_pool.h"
#include "services/gateway/auth.h"
#include "services/gateway/config.h"
#include "services/gateway/last_seen.h"
#include "services/gateway/limits.h"
#include "services/gateway/route_metrics.h"
#include "services/gateway/router.h"

namespace parley::gateway {

// From an HTTP request to its route's handler: route, address limit, then on the work pool who asks, user limit, handler.
//
// Threads: any. Lifetime: borrows all of Deps; it must outlive the server and the pool's work.
class Dispatcher final : public http::Handler {
 public:
  struct Deps {
    const Config& config;
    Router& router;  // complete; gets its metrics here
    Authenticator& authenticator;
    LastSeen& last_seen;
    WorkPool& pool;
    metrics::Registry& registry;
    const Clock& clock;
  };

  explicit Dispatcher(Deps deps);

  size_t BodyLimit(const http::Request& head) override;
  void Handle(http::Request request, http::Responder responder) override;

 private:
  struct Work;

  void Run(Work& work);
  absl::StatusOr<std::unique_ptr<RequestContext>> MakeContext(Work& work);
  absl::StatusOr<Requester> Authenticate(const Work& work, const rpc::Call& call);
  void Finish(Work& work, absl::StatusOr<HttpAnswer> answer);

  const Deps deps_;
  Limits limits_;
  RouteMetrics unknown_route_;
  std::vector<std::unique_ptr<RouteMetrics>> route_metrics_;
};

}  // namespace parley::gateway
