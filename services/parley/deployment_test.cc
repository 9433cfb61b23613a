#include "services/parley/deployment.h"

#include <gmock/gmock.h>

#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"

namespace parley {
namespace {

TEST(Deployment, RefusesAnotherNameAndAnotherNumberOfPartitions) {
  TemporaryFolder folder;
  const auto store = *store::OpenSqlite({.path = folder.path() + "/store"}, DeploymentMigrations());
  Config config;
  config.server_name = "first.example";
  config.partitions = 16;
  EXPECT_EQ(CheckDeployment(*store, config), absl::OkStatus());
  EXPECT_EQ(CheckDeployment(*store, config), absl::OkStatus());
  config.partitions = 32;
  EXPECT_EQ(CheckDeployment(*store, config).message(),
            "The store was made with partitions 16, which can't be changed; the configuration says 32.");
  config.partitions = 16;
  config.server_name = "second.example";
  EXPECT_EQ(CheckDeployment(*store, config).message(),
            "The store was made with server_name first.example, which can't be changed; the configuration says "
            "second.example.");
}

}  // namespace
}  // namespace parley
