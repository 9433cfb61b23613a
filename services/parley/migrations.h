#pragma once

#include <vector>

#include "common/store/schema.h"
#include "services/parley/config.h"
#include "services/parley/targets.h"

namespace parley {

// Of everything that a process with these targets keeps in its store.
std::vector<store::Migration> MigrationsOf(const Config& config, const Targets& targets);

}  // namespace parley
