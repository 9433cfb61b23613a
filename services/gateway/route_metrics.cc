#include "services/gateway/route_metrics.h"

#include "common/base/strings.h"

namespace parley::gateway {

RouteMetrics::RouteMetrics(metrics::Registry& registry, const std::string& method, const std::string& route) {
  for (int digit = 2; digit <= 5; ++digit) {
    by_class[digit] = registry.AddCounter("parley_http_requests_total", "Requests answered",
                                          {{"method", method}, {"route", route}, {"status", StrCat(digit, "xx")}});
  }
  seconds = registry.AddLatency("parley_http_request_seconds", "From the request's last byte to its answer",
                                {{"method", method}, {"route", route}});
}

void RouteMetrics::Answered(int status, absl::Duration took) const {
  const size_t digit = static_cast<size_t>(status / 100);
  if (digit < by_class.size()) by_class[digit].Add();
  seconds.Observe(took);
}

}  // namespace parley::gateway
