#include "services/parley/citus.h"

#include "common/base/strings.h"
#include "common/store/tables.h"
#include "services/parley/migrations.h"

namespace parley {
namespace {

constexpr char kFirst[] = "streams";  // all others lie beside it

std::string Distribute(const std::string& table) {
  const std::string beside = table == kFirst ? "" : StrCat(", colocate_with => '", kFirst, "'");
  return StrCat("SELECT create_distributed_table('", table, "', 'p'", beside,
                ") WHERE NOT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = '", table,
                "'::regclass);\n");
}

}  // namespace

std::string CitusStatements() {
  Config cluster;
  cluster.store.engine = "postgres";
  std::string sql = Distribute(kFirst);
  for (const store::Table& table : store::TablesOf(MigrationsOf(cluster, *Targets::Parse("all")))) {
    if (table.name != kFirst) sql += Distribute(table.name);
  }
  return sql;
}

}  // namespace parley
