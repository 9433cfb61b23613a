#pragma once

#include <memory>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "services/parley/config.h"
#include "services/parley/targets.h"

namespace parley {

// All that one process runs, wired. Threads: Start and Stop by one thread.
class Process {
 public:
  // Opens, connects and starts the services of `targets`, and returns when they serve. One sentence when it can't.
  // `config` must outlive the process.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const Config& config, const Targets& targets);
  virtual ~Process() = default;

  // Not ready, then no new requests, then those under way finish, then all ends.
  virtual void Stop() = 0;
};

// Brings the store up to the schema of this version, and ends: what every process does when it starts, by itself.
// `restored`: the store comes from a backup, and gets another incarnation, so that nobody is taken to know what it lost.
absl::Status MigrateStore(const Config& config, bool restored);

}  // namespace parley
