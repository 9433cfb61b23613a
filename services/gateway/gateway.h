#pragma once

#include <memory>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/bus/bus.h"
#include "common/bus/head_watcher.h"
#include "common/metrics/registry.h"
#include "services/gateway/auth.h"
#include "services/gateway/config.h"
#include "services/gateway/deps.h"
#include "services/gateway/last_seen.h"
#include "services/gateway/router.h"

namespace parley::gateway {

// The whole gateway: routes, work pool, HTTP server.
//
// Threads: any. Lifetime: borrows all that it is given.
class Gateway {
 public:
  // Listens when it returns. `router` has all routes. Whoever makes the HeadWatcher tells `authenticator` of its heads.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(const Config& config, Router router,
                                                        Authenticator& authenticator, LastSeen& last_seen,
                                                        metrics::Registry& registry,
                                                        const Clock& clock);
  ~Gateway();

  uint16_t port() const;

  // Takes no new requests, finishes those that are under way within `grace`.
  void Stop(absl::Duration grace);

 private:
  class Impl;
  explicit Gateway(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::gateway
