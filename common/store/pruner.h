#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/status/status.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/base/clock.h"
#include "common/store/probe.h"
#include "common/store/store.h"

namespace parley::store {

// How long a table of changes keeps its rows.
struct Retention {
  std::string table;
  std::string column;  // an integer: when the row was written, in milliseconds; an index begins
                       // with (p, column)
  absl::Duration keep;
};

struct PrunerOptions {
  uint32_t partitions = 256;
  int64_t slice_rows = 500;  // deleted in one batch, so that no commit waits long behind it
  absl::Duration period = absl::Minutes(10);
};

// Deletes what is older than its retention, in slices, and reports how many rows each table is left
// with. No fence: what it deletes nobody reads any more, whoever owns the partition.
//
// Threads: its own, from construction to destruction. Lifetime: borrows store, clock and probe.
class Pruner {
 public:
  Pruner(Store& store, const Clock& clock, Probe& probe, std::vector<Retention> retentions,
         PrunerOptions options);
  ~Pruner();

 private:
  void Run();

  Store& store_;
  const Clock& clock_;
  Probe& probe_;
  const std::vector<Retention> retentions_;
  const PrunerOptions options_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// One pass over one table, all partitions: what the pruner does every period.
absl::Status Prune(Store& store, Probe& probe, const Retention& retention,
                   const PrunerOptions& options, absl::Time now);

}  // namespace parley::store
