#pragma once

#include <array>

#include <absl/time/time.h>

#include "common/metrics/registry.h"

namespace parley::gateway {

// What is counted of one route; label values are resolved when it is made.
//   parley_http_requests_total{method,route,status="2xx"…}, parley_http_request_seconds{method,route}
// Threads: any.
struct RouteMetrics {
  RouteMetrics() = default;
  RouteMetrics(metrics::Registry& registry, const std::string& method, const std::string& route);

  void Answered(int status, absl::Duration took) const;

  std::array<metrics::Counter, 6> by_class;  // by the first digit of the status
  metrics::Histogram seconds;
};

}  // namespace parley::gateway
