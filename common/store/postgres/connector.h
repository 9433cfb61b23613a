#pragma once

#include <memory>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/store/postgres/connection.h"
#include "common/store/probe.h"

namespace parley::store::postgres {

// Makes connections to one server. While it is away, attempts are few (with growing pauses between
// them, a second at most) and everybody else gets Unavailable at once; that it went and that it
// came back is logged once each. Threads: any. Lifetime: borrows the probe.
class Connector {
 public:
  Connector(ConnectionOptions options, Probe& probe);

  absl::StatusOr<std::unique_ptr<Connection>> Connect();

  const ConnectionOptions& options() const { return options_; }

 private:
  absl::Status MayTry();
  void Failed(const absl::Status& status);
  void Succeeded();

  const ConnectionOptions options_;
  Probe& probe_;
  absl::Mutex mutex_;
  absl::Duration pause_ ABSL_GUARDED_BY(mutex_) =
      absl::ZeroDuration();  // zero: the server is there
  absl::Time next_try_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace parley::store::postgres
