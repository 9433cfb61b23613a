#pragma once

#include <array>
#include <string>
#include <unordered_map>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include "common/metrics/registry.h"
#include "common/rpc/observer.h"

namespace parley::metrics {

// Counts finished calls by method and status, and how long they took:
//   parley_rpc_<side>_calls_total{method,code}, parley_rpc_<side>_seconds{method}
// Threads: any. Lifetime: borrows the registry.
class RpcObserver final : public rpc::Observer {
 public:
  // `side`: "server", "client", or "local" for calls within the process.
  RpcObserver(Registry& registry, std::string side) : registry_(registry), side_(std::move(side)) {}

  void Finished(const rpc::Method& method, const absl::Status& status, absl::Duration took) override;

 private:
  static constexpr int kCodes = 17;  // absl's status codes
  struct Series {
    Histogram seconds;
    std::array<Counter, kCodes> calls;
  };
  const Series& SeriesOf(const rpc::Method& method);
  Series MakeSeries(const rpc::Method& method);

  Registry& registry_;
  const std::string side_;
  absl::Mutex mutex_;
  std::unordered_map<const char*, Series> series_ ABSL_GUARDED_BY(mutex_);  // by label; entries never move or go
};

}  // namespace parley::metrics
