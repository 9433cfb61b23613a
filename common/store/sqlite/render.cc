#include "common/store/sqlite/render.h"

#include <absl/types/span.h>

#include "common/base/strings.h"
#include "common/store/sql_text.h"

namespace parley::store::sqlite {
namespace {

std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kInteger:
      return "INTEGER";
    case Type::kText:
      return "TEXT";
    case Type::kBytes:
      return "BLOB";
  }
  return "ANY";
}

std::string Define(const Column& column) {
  return StrCat(column.name, " ", TypeName(column.type), column.nullable ? "" : " NOT NULL");
}

// "a = ?1, b = ?2", numbered from `first`.
std::string Equals(Names names, std::string_view separator, size_t first = 1) {
  return Join(names, separator,
              [&](std::string_view name, size_t i) { return StrCat(name, " = ?", first + i); });
}

std::string InsertInto(const Operation& operation) {
  const std::string marks =
      Join(operation.columns, ", ", [](std::string_view, size_t) { return std::string_view("?"); });
  return StrCat("INSERT INTO ", operation.table, " (", List(operation.columns), ") VALUES (", marks,
                ")");
}

std::string Update(const Operation& operation) {
  const Names columns = operation.columns;
  const Names key = columns.first(operation.key_columns);
  return StrCat("UPDATE ", operation.table, " SET ",
                Equals(columns.subspan(key.size()), ", ", key.size() + 1), " WHERE ",
                Equals(key, " AND "));
}

std::string Delete(const Operation& operation) {
  const Names key = Names(operation.columns).first(operation.key_columns);
  return StrCat("DELETE FROM ", operation.table, " WHERE ", Equals(key, " AND "));
}

std::string DeleteRange(const Operation& operation) {
  const std::string_view column = operation.columns.back();
  return StrCat(Delete(operation), " AND ", column, " >= ?", operation.key_columns + 1, " AND ",
                column, " < ?", operation.key_columns + 2);
}

}  // namespace

std::string CreateTable(const Table& table) {
  std::string sql = StrCat("CREATE TABLE ", table.name, " (");
  for (const Column& column : table.columns) StrAppend(&sql, Define(column), ", ");
  StrAppend(&sql, "PRIMARY KEY (", List(table.primary_key), ")) STRICT",
            table.clustered ? ", WITHOUT ROWID" : "");
  return sql;
}

std::string CreateIndex(std::string_view table, const Index& index) {
  return store::CreateIndex(table, index);
}

std::string AlterTable(const AddColumn& added) {
  return StrCat("ALTER TABLE ", added.table, " ADD COLUMN ", Define(added.column));
}

std::string Write(const Operation& operation, const std::vector<std::string>& primary_key) {
  switch (operation.kind) {
    case Operation::Kind::kInsert:
      return InsertInto(operation);
    case Operation::Kind::kInsertOrIgnore:
      return StrCat(InsertInto(operation), " ON CONFLICT DO NOTHING");
    case Operation::Kind::kUpsert:
      return StrCat(InsertInto(operation), OnConflictSet(operation, primary_key));
    case Operation::Kind::kUpdate:
      return Update(operation);
    case Operation::Kind::kDelete:
      return Delete(operation);
    case Operation::Kind::kDeleteRange:
      return DeleteRange(operation);
  }
  return "";
}

}  // namespace parley::store::sqlite
