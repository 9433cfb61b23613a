#include "common/metrics/rpc_observer.h"

#include <algorithm>

namespace parley::metrics {

void RpcObserver::Finished(const rpc::Method& method, const absl::Status& status, absl::Duration took) {
  const Series& series = SeriesOf(method);
  series.seconds.Observe(took);
  series.calls[std::clamp(static_cast<int>(status.code()), 0, kCodes - 1)].Add();
}

const RpcObserver::Series& RpcObserver::SeriesOf(const rpc::Method& method) {
  {
    absl::ReaderMutexLock lock(&mutex_);
    if (const auto found = series_.find(method.label); found != series_.end()) return found->second;
  }
  absl::MutexLock lock(&mutex_);
  return series_.try_emplace(method.label, MakeSeries(method)).first->second;
}

RpcObserver::Series RpcObserver::MakeSeries(const rpc::Method& method) {
  Series series;
  series.seconds = registry_.AddLatency("parley_rpc_" + side_ + "_seconds", "How long calls to services took",
                                        {{"method", method.label}});
  for (int code = 0; code < kCodes; ++code) {
    series.calls[code] =
        registry_.AddCounter("parley_rpc_" + side_ + "_calls_total", "Finished calls to services",
                             {{"method", method.label}, {"code", absl::StatusCodeToString(absl::StatusCode(code))}});
  }
  return series;
}

}  // namespace parley::metrics
