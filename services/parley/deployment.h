#pragma once

#include <vector>

#include <absl/status/status.h>

#include "common/store/schema.h"
#include "common/store/store.h"
#include "services/parley/config.h"

// What can never be changed once a server has been made (its name, the number of partitions), kept in its store.
namespace parley {

std::vector<store::Migration> DeploymentMigrations();

// Remembers it at the first start; FailedPrecondition with one sentence when the configuration says otherwise later.
absl::Status CheckDeployment(store::Store& store, const Config& config);

}  // namespace parley
