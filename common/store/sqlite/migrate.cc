#include "common/store/sqlite/migrate.h"

#include <sqlite3.h>

#include <map>
#include <random>
#include <string>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/sqlite/render.h"

namespace parley::store::sqlite {
namespace {

const std::vector<Table>& OwnTables() {
  static const std::vector<Table> tables = {
      {"store_migrations",
       {{"p"}, {"service", Type::kText}, {"number"}},
       {"p", "service", "number"},
       {}},
      {"store_numbers", {{"p"}, {"name", Type::kText}, {"value"}}, {"p", "name"}, {}},
      {"streams", {{"p"}, {"service", Type::kText}, {"epoch"}, {"head"}}, {"p", "service"}, {}},
  };
  return tables;
}

absl::StatusOr<int64_t> Number(Connection& connection, std::string_view sql) {
  PARLEY_TRY(const auto statement, connection.PrepareOwn(sql));
  const int result = statement->Step();
  if (result == SQLITE_DONE) return 0;
  if (result != SQLITE_ROW) return connection.Error(result);
  return sqlite3_column_int64(statement->get(), 0);
}

absl::StatusOr<std::map<std::string, int>> Applied(Connection& connection) {
  PARLEY_TRY(
      const auto statement,
      connection.PrepareOwn("SELECT service, max(number) FROM store_migrations GROUP BY service"));
  std::map<std::string, int> applied;
  int result = statement->Step();
  for (; result == SQLITE_ROW; result = statement->Step()) {
    const auto* service = reinterpret_cast<const char*>(sqlite3_column_text(statement->get(), 0));
    applied[service] = sqlite3_column_int(statement->get(), 1);
  }
  if (result != SQLITE_DONE) return connection.Error(result);
  return applied;
}

absl::Status CreateOwnTables(Connection& connection) {
  PARLEY_TRY(
      const int64_t exists,
      Number(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'store_migrations'"));
  if (exists) return absl::OkStatus();
  for (const Table& table : OwnTables()) PARLEY_RETURN_IF_ERROR(connection.Run(CreateTable(table)));
  return absl::OkStatus();
}

absl::Status Record(Connection& connection, const Migration& migration) {
  PARLEY_TRY(const auto statement,
             connection.PrepareOwn("INSERT INTO store_migrations VALUES (0, ?, ?)"));
  statement->Bind(0, migration.service);
  statement->Bind(1, migration.number);
  const int result = statement->Step();
  return result == SQLITE_DONE ? absl::OkStatus() : connection.Error(result);
}

absl::Status Apply(Connection& connection, const Migration& migration) {
  for (const Table& table : migration.tables) {
    PARLEY_RETURN_IF_ERROR(connection.Run(CreateTable(table)));
    for (const Index& index : table.indexes)
      PARLEY_RETURN_IF_ERROR(connection.Run(CreateIndex(table.name, index)));
  }
  for (const AddColumn& added : migration.columns)
    PARLEY_RETURN_IF_ERROR(connection.Run(AlterTable(added)));
  for (const AddIndex& added : migration.indexes) {
    PARLEY_RETURN_IF_ERROR(connection.Run(CreateIndex(added.table, added.index)));
  }
  for (const std::string& sql : migration.statements) PARLEY_RETURN_IF_ERROR(connection.Run(sql));
  return Record(connection, migration);
}

absl::Status RefuseNewer(const std::map<std::string, int>& applied,
                         const std::vector<Migration>& migrations) {
  std::map<std::string, int> known;
  for (const Migration& migration : migrations) known[migration.service] = migration.number;
  for (const auto& [service, number] : known) {
    const auto found = applied.find(service);
    if (found == applied.end() || found->second <= number) continue;
    return absl::FailedPreconditionError(
        StrCat("The store was written by a newer Parley (", service, " is at migration ",
               found->second, ", this binary knows ", number,
               "): start that version, or restore a backup made by this one."));
  }
  return absl::OkStatus();
}

absl::Status ApplyMissing(Connection& connection, const std::vector<Migration>& migrations) {
  PARLEY_RETURN_IF_ERROR(CreateOwnTables(connection));
  PARLEY_TRY(const auto applied, Applied(connection));
  PARLEY_RETURN_IF_ERROR(RefuseNewer(applied, migrations));
  for (const Migration& migration : migrations) {
    const auto found = applied.find(migration.service);
    if (found != applied.end() && migration.number <= found->second) continue;
    PARLEY_RETURN_IF_ERROR(Apply(connection, migration));
  }
  return absl::OkStatus();
}

absl::Status InTransaction(Connection& connection,
                           absl::Status (*work)(Connection&, const std::vector<Migration>&),
                           const std::vector<Migration>& migrations) {
  PARLEY_RETURN_IF_ERROR(connection.Run("BEGIN IMMEDIATE"));
  absl::Status status = work(connection, migrations);
  if (status.ok()) status = connection.Run("COMMIT");
  if (!status.ok()) connection.Run("ROLLBACK").IgnoreError();
  return status;
}

uint64_t RandomNumber() {
  std::random_device random;
  return uint64_t{random()} << 32 | random();
}

}  // namespace

absl::Status Migrate(Connection& connection, const std::vector<Migration>& migrations) {
  PARLEY_RETURN_IF_ERROR(Validate(migrations));
  return InTransaction(connection, ApplyMissing, migrations);
}

absl::StatusOr<uint64_t> Incarnation(Connection& connection) {
  PARLEY_RETURN_IF_ERROR(connection.Run(
      StrCat("INSERT INTO store_numbers VALUES (0, 'incarnation', ",
             static_cast<int64_t>(RandomNumber() >> 1), ") ON CONFLICT DO NOTHING")));
  PARLEY_TRY(
      const int64_t number,
      Number(connection, "SELECT value FROM store_numbers WHERE p = 0 AND name = 'incarnation'"));
  return static_cast<uint64_t>(number);
}

}  // namespace parley::store::sqlite
