#pragma once

#include <memory>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>

#include "common/store/postgres/connector.h"
#include "common/store/reader.h"

namespace parley::store::postgres {

// Connections that read, made when first needed, the last used first. A snapshot costs no round
// trip of its own: it begins with its first query and ends with the next one's. Threads: any.
class ReaderPool {
 public:
  ReaderPool(Connector& connector, size_t max_connections);

  // As Store::Read. Unavailable when no connection became free within the connect time-out.
  absl::Status Read(absl::FunctionRef<absl::Status(Reader&)> read);

 private:
  absl::StatusOr<std::unique_ptr<Connection>> Take();
  void GiveBack(std::unique_ptr<Connection> connection);
  bool CanTake() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !idle_.empty() || open_ < max_connections_;
  }

  Connector& connector_;
  const size_t max_connections_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
  size_t open_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley::store::postgres
