#pragma once

#include <memory>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/store/committer.h"
#include "common/store/postgres/connection.h"
#include "common/store/probe.h"
#include "common/store/schema.h"
#include "common/store/store.h"

namespace parley::store {

struct PostgresOptions {
  postgres::ConnectionOptions server;
  size_t read_connections = 16;
  CommitterOptions committer = {};
};

// Opens the store in a PostgreSQL database (15 or newer), which many processes share, and brings
// its schema up to date. `migrations` are those of all services of this process. `probe` outlives
// the store. A server that goes away later makes commits and reads Unavailable until it is back.
//
// Errors: FailedPrecondition with one sentence when a newer binary wrote the database, or when the
// server does not sync its commits; InvalidArgument for migrations that break the rules of
// schema.h; Unavailable when the server can't be reached.
absl::StatusOr<std::unique_ptr<Store>> OpenPostgres(const PostgresOptions& options,
                                                    const std::vector<Migration>& migrations,
                                                    Probe& probe = Probe::Silent());

// Gives the store in this database another incarnation, as RenewIncarnation of sqlite_store.h does.
absl::Status RenewIncarnation(const postgres::ConnectionOptions& server);

}  // namespace parley::store
