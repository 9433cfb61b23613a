#pragma once

#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/store/committer.h"
#include "common/store/probe.h"
#include "common/store/schema.h"
#include "common/store/store.h"

namespace parley::store {

struct SqliteOptions {
  std::string
      path;  // of the file; its folder exists. Beside it SQLite keeps <path>-wal and <path>-shm
  size_t read_connections = 16;
  int64_t writer_cache_bytes = 64 << 20;
  int64_t reader_cache_bytes = 4 << 20;  // each
  CommitterOptions committer = {};
  // For tests: another VFS, and what a lesser sync loses ("OFF").
  std::string vfs = {};
  std::string synchronous = "FULL";
};

// Opens or makes the store in one SQLite file (WAL, synced at every commit) and brings its schema
// up to date. `migrations` are those of all services of this process. `probe` outlives the store.
//
// Errors: FailedPrecondition with one sentence when a newer binary wrote the file; InvalidArgument
// for migrations that break the rules of schema.h; Unavailable when the file can't be opened.
absl::StatusOr<std::unique_ptr<Store>> OpenSqlite(const SqliteOptions& options,
                                                  const std::vector<Migration>& migrations,
                                                  Probe& probe = Probe::Silent());

// Gives the store in the file `path` another incarnation. For a copy that was restored from a
// backup, while no process has it open: clients that are ahead of it then start afresh.
absl::Status RenewIncarnation(const std::string& path);

}  // namespace parley::store
