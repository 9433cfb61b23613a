#include "services/parley/migrations.h"

#include <utility>

#include "common/lease/lease_table.h"
#include "services/parley/deployment.h"
#include "services/parley/local_services.h"

namespace parley {

std::vector<store::Migration> MigrationsOf(const Config& config, const Targets& targets) {
  std::vector<store::Migration> all = LocalServices::Migrations(targets);
  all.push_back(DeploymentMigrations().front());
  if (!config.is_cluster()) return all;
  for (store::Migration& migration : lease::Migrations()) all.push_back(std::move(migration));
  return all;
}

}  // namespace parley
