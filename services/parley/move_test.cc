#include "services/parley/move.h"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/store/postgres/testing/postgres_server.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"
#include "services/parley/data_folder.h"
#include "services/parley/deployment.h"
#include "services/parley/migrations.h"
#include "services/parley/store_choice.h"

namespace parley {
namespace {

using testing::HasSubstr;

class MoveTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new store::PostgresServer(); }
  static void TearDownTestSuite() { delete server_; }

  void SetUp() override {
    const std::string name = StrCat("db", ++databases_);
    server_->CreateDatabase(name);
    cluster_.server_name = alone_.server_name = "example.org";
    cluster_.store.engine = "postgres";
    cluster_.store.postgres.host = server_->host();
    cluster_.store.postgres.database = name;
    alone_.data_dir = folder_.path() + "/data";
    ASSERT_EQ(Complete(alone_), absl::OkStatus());
    ASSERT_EQ(Complete(cluster_), absl::OkStatus());
    data_folder_ = *DataFolder::Open(alone_);
    auto store = Alone();
    ASSERT_EQ(CheckDeployment(*store, alone_), absl::OkStatus());
    ASSERT_TRUE(store->TakeOver("events", std::vector<Partition>{3}).ok());
    incarnation_ = store->incarnation();
    data_folder_.reset();
  }

  std::unique_ptr<store::Store> Alone(std::vector<store::Migration> more = {}) {
    auto migrations = MigrationsOf(alone_, *Targets::Parse("all"));
    migrations.insert(migrations.end(), more.begin(), more.end());
    return *OpenStore(alone_, migrations, store::Probe::Silent());
  }
  std::unique_ptr<store::Store> Cluster() {
    return *OpenStore(cluster_, MigrationsOf(cluster_, *Targets::Parse("all")),
                      store::Probe::Silent());
  }

  absl::Status MoveIt() {
    said_.str("");
    return Move(cluster_, {alone_.data_dir}, said_);
  }
  std::string Refusal() {
    const absl::Status status = MoveIt();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    return std::string(status.message());
  }

  static store::PostgresServer* server_;
  static int databases_;
  const TemporaryFolder folder_;
  Config alone_, cluster_;
  std::unique_ptr<DataFolder> data_folder_;
  uint64_t incarnation_ = 0;
  std::ostringstream said_;
};

store::PostgresServer* MoveTest::server_ = nullptr;
int MoveTest::databases_ = 0;

TEST_F(MoveTest, CarriesStreamsAndIncarnationSoThatTokensStayGood) {
  ASSERT_EQ(MoveIt(), absl::OkStatus());
  EXPECT_THAT(said_.str(), HasSubstr("tables are the same\n"));
  EXPECT_THAT(said_.str(), HasSubstr(alone_.data_dir + "/signing.key"));
  const auto store = Cluster();
  EXPECT_EQ(CheckDeployment(*store, cluster_), absl::OkStatus());
  EXPECT_EQ(store->incarnation(), incarnation_);
  EXPECT_EQ((*store->TakeOver("events", std::vector<Partition>{3}))[0].epoch, 2);
}

TEST_F(MoveTest, MayFollowAMigrateOfTheEmptyDatabase) {
  ASSERT_EQ(CheckDeployment(*Cluster(), cluster_), absl::OkStatus());
  EXPECT_EQ(MoveIt(), absl::OkStatus());
}

TEST_F(MoveTest, LetsNoServerStartUntilItHasEndedAndThenGoesOn) {
  ASSERT_EQ(BeginMove(*Cluster(), StrCat(incarnation_)), absl::OkStatus());
  EXPECT_THAT(std::string(CheckDeployment(*Cluster(), cluster_).message()),
              HasSubstr("A move into this store has not ended"));
  ASSERT_EQ(MoveIt(), absl::OkStatus());
  EXPECT_THAT(said_.str(), HasSubstr("going on where"));
  EXPECT_EQ(CheckDeployment(*Cluster(), cluster_), absl::OkStatus());
}

TEST_F(MoveTest, RefusesADatabaseThatAnotherIsBeingMovedInto) {
  ASSERT_EQ(BeginMove(*Cluster(), "1"), absl::OkStatus());
  EXPECT_THAT(Refusal(), HasSubstr("Another data folder is being moved"));
}

TEST_F(MoveTest, RefusesADatabaseThatAClusterHasUsed) {
  ASSERT_TRUE(Cluster()->TakeOver("events", std::vector<Partition>{1}).ok());
  EXPECT_THAT(Refusal(), HasSubstr("The database is not empty: its table streams has rows."));
}

TEST_F(MoveTest, RefusesToRunTwice) {
  ASSERT_EQ(MoveIt(), absl::OkStatus());
  EXPECT_THAT(Refusal(), HasSubstr("The database is not empty"));
}

TEST_F(MoveTest, RefusesAServerThatRuns) {
  data_folder_ = *DataFolder::Open(alone_);
  EXPECT_THAT(Refusal(), HasSubstr("stop it, then move."));
}

TEST_F(MoveTest, RefusesAnotherNumberOfPartitionsAndAnotherName) {
  cluster_.partitions = 16;
  EXPECT_THAT(Refusal(), HasSubstr("was made with partitions 256"));
  cluster_.partitions = 256;
  cluster_.server_name = "other.example";
  EXPECT_THAT(Refusal(), HasSubstr("was made with server_name example.org"));
}

TEST_F(MoveTest, RefusesASchemaOfAnotherVersion) {
  int last = 0;
  for (const store::Migration& migration : MigrationsOf(alone_, *Targets::Parse("media"))) {
    if (migration.service == "media") last = migration.number;
  }
  Alone({{.service = "media", .number = last + 1}});
  EXPECT_THAT(Refusal(), HasSubstr("is not that of this version (media is at migration"));
}

TEST_F(MoveTest, NeedsTheConfigurationOfACluster) {
  EXPECT_THAT(std::string(Move(alone_, {alone_.data_dir}, said_).message()),
              HasSubstr("store.engine: postgres"));
}

TEST_F(MoveTest, SaysThatThereIsNoStore) {
  EXPECT_TRUE(absl::IsNotFound(Move(cluster_, {folder_.path()}, said_)));
}

}  // namespace
}  // namespace parley
