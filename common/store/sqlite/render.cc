#include "common/store/sqlite/render.h"

#include <algorithm>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/types/span.h>

namespace parley::store::sqlite {
namespace {

using Names = absl::Span<const std::string_view>;

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kInteger: return "INTEGER";
    case Type::kText: return "TEXT";
    case Type::kBytes: return "BLOB";
  }
  return "ANY";
}

std::string Define(const Column& column) {
  return absl::StrCat(column.name, " ", TypeName(column.type), column.nullable ? "" : " NOT NULL");
}

std::string Equals(Names columns, std::string_view separator) {
  return absl::StrJoin(columns, separator, [](std::string* out, std::string_view column) {
    absl::StrAppend(out, column, " = ?");
  });
}

std::string InsertInto(std::string_view verb, const Operation& operation) {
  const std::vector<std::string_view> marks(operation.columns.size(), "?");
  return absl::StrCat(verb, " INTO ", operation.table, " (", absl::StrJoin(operation.columns, ", "), ") VALUES (",
                      absl::StrJoin(marks, ", "), ")");
}

std::string Upsert(const Operation& operation, const std::vector<std::string>& primary_key) {
  std::vector<std::string> sets;
  for (const std::string_view column : operation.columns) {
    if (std::find(primary_key.begin(), primary_key.end(), column) == primary_key.end()) {
      sets.push_back(absl::StrCat(column, " = excluded.", column));
    }
  }
  const std::string action = sets.empty() ? "NOTHING" : absl::StrCat("UPDATE SET ", absl::StrJoin(sets, ", "));
  return absl::StrCat(InsertInto("INSERT", operation), " ON CONFLICT (", absl::StrJoin(primary_key, ", "), ") DO ",
                      action);
}

}  // namespace

std::string CreateTable(const Table& table) {
  const std::string columns = absl::StrJoin(table.columns, ", ", [](std::string* out, const Column& column) {
    absl::StrAppend(out, Define(column));
  });
  return absl::StrCat("CREATE TABLE ", table.name, " (", columns, ", PRIMARY KEY (",
                      absl::StrJoin(table.primary_key, ", "), ")) STRICT", table.clustered ? ", WITHOUT ROWID" : "");
}

std::string CreateIndex(std::string_view table, const Index& index) {
  return absl::StrCat("CREATE ", index.unique ? "UNIQUE " : "", "INDEX ", index.name, " ON ", table, " (",
                      absl::StrJoin(index.columns, ", "), ")");
}

std::string AlterTable(const AddColumn& added) {
  return absl::StrCat("ALTER TABLE ", added.table, " ADD COLUMN ", Define(added.column));
}

std::string Write(const Operation& operation, const std::vector<std::string>& primary_key) {
  const Names columns = operation.columns;
  const Names key = columns.first(operation.key_columns);
  switch (operation.kind) {
    case Operation::Kind::kInsert: return InsertInto("INSERT", operation);
    case Operation::Kind::kInsertOrIgnore: return absl::StrCat(InsertInto("INSERT", operation), " ON CONFLICT DO NOTHING");
    case Operation::Kind::kUpsert: return Upsert(operation, primary_key);
    case Operation::Kind::kUpdate: {
      const Names set = columns.subspan(operation.key_columns);
      std::string sql = absl::StrCat("UPDATE ", operation.table, " SET ");
      for (size_t i = 0; i < set.size(); ++i) {
        absl::StrAppend(&sql, i ? ", " : "", set[i], " = ?", key.size() + i + 1);
      }
      absl::StrAppend(&sql, " WHERE ");
      for (size_t i = 0; i < key.size(); ++i) absl::StrAppend(&sql, i ? " AND " : "", key[i], " = ?", i + 1);
      return sql;
    }
    case Operation::Kind::kDelete:
      return absl::StrCat("DELETE FROM ", operation.table, " WHERE ", Equals(key, " AND "));
    case Operation::Kind::kDeleteRange:
      return absl::StrCat("DELETE FROM ", operation.table, " WHERE ", Equals(key, " AND "), " AND ", columns.back(),
                          " >= ? AND ", columns.back(), " < ?");
  }
  return "";
}

}  // namespace parley::store::sqlite
