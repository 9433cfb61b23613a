#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/store/schema.h"
#include "common/store/store.h"
#include "services/parley/config.h"

// What can never be changed once a server has been made (its name, the number of partitions), kept in its store.
namespace parley {

std::vector<store::Migration> DeploymentMigrations();

// Remembers it at the first start; FailedPrecondition with one sentence when the configuration says otherwise later, or
// when a move into this store has not ended.
absl::Status CheckDeployment(store::Store& store, const Config& config);

// The same for whoever moves something into it.
absl::Status CheckDeploymentFacts(store::Store& store, const Config& config);

// Marks a store as one that is being moved into, by the move called `name`: no server starts on it. FailedPrecondition
// when another move is under way there. Repeating it is harmless.
absl::Status BeginMove(store::Store& store, const std::string& name);
absl::Status EndMove(store::Store& store);
// Of the move that is under way; empty: none is.
absl::StatusOr<std::string> MoveUnderWay(store::Store& store);

}  // namespace parley
