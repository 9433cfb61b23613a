#include "services/parley/citus.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/store/postgres/connection.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/testing/postgres_server.h"
#include "services/parley/migrations.h"

namespace parley {
namespace {

// What Citus has and does, as far as the statements rest on it: a table may be distributed once, by
// a column that every unique key of it has, beside one that is distributed.
constexpr char kAsCitus[] = R"sql(
CREATE TABLE pg_dist_partition (logicalrelid regclass PRIMARY KEY, beside regclass);
CREATE FUNCTION create_distributed_table(t regclass, c text, colocate_with text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t AND i.indisunique AND NOT EXISTS (
      SELECT FROM pg_attribute a
      WHERE a.attrelid = t AND a.attname = c AND a.attnum = ANY (i.indkey))) THEN
    RAISE EXCEPTION '% has a unique key without %', t, c;
  END IF;
  IF colocate_with IS NOT NULL AND NOT EXISTS (
      SELECT FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass) THEN
    RAISE EXCEPTION '% is to lie beside %, which is not distributed', t, colocate_with;
  END IF;
  INSERT INTO pg_dist_partition VALUES (t, colocate_with::regclass);
END $$;
)sql";

TEST(CitusStatements, DistributeEveryTableOnceByAColumnOfItsUniqueKeys) {
  const store::PostgresServer server;
  store::PostgresOptions options;
  options.server = {.host = server.host(), .database = "postgres", .user = "parley"};
  Config cluster;
  cluster.store.engine = "postgres";
  const auto store = store::OpenPostgres(options, MigrationsOf(cluster, *Targets::Parse("all")));
  ASSERT_TRUE(store.ok()) << store.status();
  const auto connection = *store::postgres::Connection::Open(options.server);
  ASSERT_EQ(connection->Run(kAsCitus), absl::OkStatus());
  ASSERT_EQ(connection->Run(CitusStatements()), absl::OkStatus());
  ASSERT_EQ(connection->Run(CitusStatements()), absl::OkStatus()) << "it may be run again";
  const auto left = connection->Ask(
      "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> "
      "'pg_dist_partition' EXCEPT SELECT logicalrelid::text FROM pg_dist_partition");
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(left->rows(), 0);
}

}  // namespace
}  // namespace parley
