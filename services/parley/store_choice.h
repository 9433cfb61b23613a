#pragma once

#include <memory>
#include <vector>

#include <absl/status/statusor.h>

#include "common/store/postgres/connection.h"
#include "common/store/probe.h"
#include "common/store/schema.h"
#include "common/store/store.h"
#include "services/parley/config.h"

namespace parley {

// How the processes of a cluster reach its database.
store::postgres::ConnectionOptions PostgresServer(const Config& config);

// Opens the store that `config.store` describes. Errors: those of OpenSqlite and OpenPostgres.
absl::StatusOr<std::unique_ptr<store::Store>> OpenStore(const Config& config,
                                                        const std::vector<store::Migration>& migrations,
                                                        store::Probe& probe);

// Gives it another incarnation: for what was restored from a backup, while no process has it open.
absl::Status RenewIncarnation(const Config& config);

}  // namespace parley
