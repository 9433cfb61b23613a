#include "common/store/sqlite/migrate.h"

#include <sqlite3.h>

#include <string>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/own_tables.h"
#include "common/store/sqlite/render.h"

namespace parley::store::sqlite {
namespace {

absl::StatusOr<int64_t> Number(Connection& connection, std::string_view sql) {
  PARLEY_TRY(const auto statement, connection.PrepareOwn(sql));
  const int result = statement->Step();
  if (result == SQLITE_DONE) return 0;
  if (result != SQLITE_ROW) return connection.Error(result);
  return sqlite3_column_int64(statement->get(), 0);
}

absl::StatusOr<Applied> ReadApplied(Connection& connection) {
  PARLEY_TRY(
      const auto statement,
      connection.PrepareOwn("SELECT service, max(number) FROM store_migrations GROUP BY service"));
  Applied applied;
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

absl::Status ApplyMissing(Connection& connection, const std::vector<Migration>& migrations) {
  PARLEY_RETURN_IF_ERROR(CreateOwnTables(connection));
  PARLEY_TRY(const Applied applied, ReadApplied(connection));
  PARLEY_RETURN_IF_ERROR(RefuseNewer(applied, migrations));
  for (const Migration& migration : migrations) {
    if (IsMissing(applied, migration)) PARLEY_RETURN_IF_ERROR(Apply(connection, migration));
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

}  // namespace

absl::Status Migrate(Connection& connection, const std::vector<Migration>& migrations) {
  PARLEY_RETURN_IF_ERROR(Validate(migrations));
  return InTransaction(connection, ApplyMissing, migrations);
}

absl::StatusOr<uint64_t> Incarnation(Connection& connection) {
  PARLEY_RETURN_IF_ERROR(
      connection.Run(StrCat("INSERT INTO store_numbers VALUES (0, 'incarnation', ",
                            RandomIncarnation(), ") ON CONFLICT DO NOTHING")));
  PARLEY_TRY(
      const int64_t number,
      Number(connection, "SELECT value FROM store_numbers WHERE p = 0 AND name = 'incarnation'"));
  return static_cast<uint64_t>(number);
}

}  // namespace parley::store::sqlite
