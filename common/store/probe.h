#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <absl/time/time.h>

namespace parley::store {

// What a store tells of its work; the runtime turns it into metrics. Called on the thread that did
// the work, often: count, don't block. The default hears nothing.
class Probe {
 public:
  virtual ~Probe() = default;
  // One synced transaction with `batches` batches in it; `queued` are waiting behind it.
  virtual void Committed(size_t batches, absl::Duration took, size_t queued) {}
  // A batch was not written. `why` is one of "fence", "conflict", "unavailable", "schema", "full".
  virtual void Refused(std::string_view why) {}
  // An attempt to reach the database server failed.
  virtual void ConnectFailed() {}
  virtual void HasRead(absl::Duration took) {}
  // A pruner's view of a table of changes after a pass.
  virtual void Pruned(std::string_view table, int64_t deleted, int64_t left) {}

  static Probe& Silent();
};

}  // namespace parley::store
