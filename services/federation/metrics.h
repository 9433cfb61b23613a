#pragma once

#include "common/metrics/registry.h"

namespace parley::federation {

// What requests to other servers export. Which server it was is no label: there may be thousands.
// Threads: any.
struct Metrics {
  explicit Metrics(metrics::Registry& registry)
      : answered(Requests(registry, "ok")),
        refused(Requests(registry, "refused")),
        failed(Requests(registry, "failed")),
        unreachable(Requests(registry, "unreachable")),
        too_late(Requests(registry, "timeout")),
        denied(Requests(registry, "denied")),
        backing_off(Requests(registry, "backing_off")),
        took(registry.AddLatency("parley_federation_request_seconds",
                                 "Requests to other servers that were answered")),
        keys_fetched(KeyFetches(registry, "ok")),
        keys_not_fetched(KeyFetches(registry, "failed")) {}

  metrics::Counter answered;  // 2xx
  metrics::Counter refused;   // 3xx, 4xx
  metrics::Counter failed;    // 5xx, or no HTTP
  metrics::Counter unreachable;
  metrics::Counter too_late;
  metrics::Counter denied;       // by the rules for addresses
  metrics::Counter backing_off;  // not asked
  metrics::Histogram took;
  metrics::Counter keys_fetched;
  metrics::Counter keys_not_fetched;

 private:
  static metrics::Counter Requests(metrics::Registry& registry, const std::string& result) {
    return registry.AddCounter("parley_federation_requests_total",
                               "Requests to other servers, by what came of them",
                               {{"result", result}});
  }
  static metrics::Counter KeyFetches(metrics::Registry& registry, const std::string& result) {
    return registry.AddCounter("parley_federation_key_fetches_total",
                               "Attempts to get another server's signing keys",
                               {{"result", result}});
  }
};

}  // namespace parley::federation
