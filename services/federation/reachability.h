#pragma once

#include <cstddef>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "services/federation/backoff.h"

namespace parley::federation {

// Servers that were not reached lately: whoever asks for nobody's sake (state, missing events)
// leaves them alone for longer and longer, five minutes at most. In memory; what is to be delivered
// has its durable back-off elsewhere. Threads: any.
class Reachability {
 public:
  bool MayAsk(const std::string& server_name, absl::Time now) const;
  void Failed(const std::string& server_name, absl::Time now);
  // It answered, or has spoken to us.
  void Reached(const std::string& server_name);
  size_t unreachable() const;

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Backoff> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::federation
