#pragma once

#include <cstdint>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/store/postgres/connection.h"
#include "common/store/schema.h"

namespace parley::store::postgres {

// FailedPrecondition, one sentence, when the server may forget what it has acknowledged (fsync or
// synchronous_commit off) or is older than PostgreSQL 15.
absl::Status CheckDurability(Connection& connection);

// As of the SQLite engine; processes that start at the same time wait for each other.
absl::Status Migrate(Connection& connection, const std::vector<Migration>& migrations);

absl::StatusOr<uint64_t> Incarnation(Connection& connection);
absl::Status RenewIncarnation(Connection& connection);

}  // namespace parley::store::postgres
