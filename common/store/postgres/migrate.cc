#include "common/store/postgres/migrate.h"

#include <string>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/own_tables.h"
#include "common/store/postgres/render.h"

namespace parley::store::postgres {
namespace {

constexpr int64_t kOldestVersion = 150000;
constexpr std::string_view kLock = "SELECT pg_advisory_xact_lock(20260105, 1)";

absl::StatusOr<std::string> Text(Connection& connection, std::string_view sql) {
  PARLEY_TRY(const Answer answer, connection.Ask(sql));
  std::string text;
  answer.ForEach([&](const Row& row) { text = row.String(0); });
  return text;
}

absl::StatusOr<int64_t> Number(Connection& connection, std::string_view sql) {
  PARLEY_TRY(const Answer answer, connection.Ask(sql));
  int64_t number = 0;
  answer.ForEach([&](const Row& row) { number = row.Int(0); });
  return number;
}

absl::Status Do(Connection& connection, std::string_view sql) {
  return connection.Ask(sql).status();
}

absl::Status CreateOwnTables(Connection& connection) {
  PARLEY_TRY(const int64_t exists,
             Number(connection,
                    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() "
                    "AND tablename = 'store_migrations'"));
  if (exists) return absl::OkStatus();
  for (const Table& table : OwnTables()) {
    PARLEY_RETURN_IF_ERROR(Do(connection, CreateTable(table)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Applied> ReadApplied(Connection& connection) {
  PARLEY_TRY(const Answer answer,
             connection.Ask("SELECT service, max(number) FROM store_migrations GROUP BY service"));
  Applied applied;
  answer.ForEach([&](const Row& row) { applied[row.String(0)] = static_cast<int>(row.Int(1)); });
  return applied;
}

absl::Status Apply(Connection& connection, const Migration& migration) {
  for (const Table& table : migration.tables) {
    PARLEY_RETURN_IF_ERROR(Do(connection, CreateTable(table)));
    for (const Index& index : table.indexes) {
      PARLEY_RETURN_IF_ERROR(Do(connection, CreateIndex(table.name, index)));
    }
  }
  for (const AddColumn& added : migration.columns) {
    PARLEY_RETURN_IF_ERROR(Do(connection, AlterTable(added)));
  }
  for (const AddIndex& added : migration.indexes) {
    PARLEY_RETURN_IF_ERROR(Do(connection, CreateIndex(added.table, added.index)));
  }
  for (const std::string& sql : migration.statements) PARLEY_RETURN_IF_ERROR(Do(connection, sql));
  const Arg row[] = {migration.service, migration.number};
  return connection.Ask("INSERT INTO store_migrations VALUES (0, $1, $2)", Params(row)).status();
}

absl::Status ApplyMissing(Connection& connection, const std::vector<Migration>& migrations) {
  PARLEY_RETURN_IF_ERROR(Do(connection, kLock));
  PARLEY_RETURN_IF_ERROR(CreateOwnTables(connection));
  PARLEY_TRY(const Applied applied, ReadApplied(connection));
  PARLEY_RETURN_IF_ERROR(RefuseNewer(applied, migrations));
  for (const Migration& migration : migrations) {
    if (IsMissing(applied, migration)) PARLEY_RETURN_IF_ERROR(Apply(connection, migration));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDurability(Connection& connection) {
  PARLEY_TRY(const std::string version, Text(connection, "SHOW server_version"));
  PARLEY_TRY(const int64_t number,
             Number(connection, "SELECT current_setting('server_version_num')::bigint"));
  if (number < kOldestVersion) {
    return absl::FailedPreconditionError(
        StrCat("The database server is PostgreSQL ", version, "; Parley needs 15 or newer."));
  }
  for (const std::string_view name : {"fsync", "synchronous_commit"}) {
    PARLEY_TRY(const std::string value, Text(connection, StrCat("SHOW ", name)));
    if (value != "off") continue;
    return absl::FailedPreconditionError(StrCat(
        "The database server runs with ", name,
        " = off, so it could lose what it has acknowledged: switch it on, then start again."));
  }
  return absl::OkStatus();
}

absl::Status Migrate(Connection& connection, const std::vector<Migration>& migrations) {
  PARLEY_RETURN_IF_ERROR(Validate(migrations));
  PARLEY_RETURN_IF_ERROR(Do(connection, "BEGIN"));
  absl::Status status = ApplyMissing(connection, migrations);
  if (status.ok()) status = Do(connection, "COMMIT");
  if (!status.ok() && connection.usable()) Do(connection, "ROLLBACK").IgnoreError();
  return status;
}

absl::StatusOr<uint64_t> Incarnation(Connection& connection) {
  const Arg number[] = {RandomIncarnation()};
  PARLEY_RETURN_IF_ERROR(
      connection
          .Ask("INSERT INTO store_numbers VALUES (0, 'incarnation', $1) ON CONFLICT DO NOTHING",
               Params(number))
          .status());
  PARLEY_TRY(
      const int64_t incarnation,
      Number(connection, "SELECT value FROM store_numbers WHERE p = 0 AND name = 'incarnation'"));
  return static_cast<uint64_t>(incarnation);
}

absl::Status RenewIncarnation(Connection& connection) {
  const Arg number[] = {RandomIncarnation()};
  return connection
      .Ask("INSERT INTO store_numbers VALUES (0, 'incarnation', $1) ON CONFLICT (p, name) DO "
           "UPDATE SET value = excluded.value",
           Params(number))
      .status();
}

}  // namespace parley::store::postgres
