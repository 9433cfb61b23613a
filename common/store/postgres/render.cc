#include "common/store/postgres/render.h"

#include <algorithm>

#include <absl/types/span.h>

#include "common/base/strings.h"
#include "common/store/sql_text.h"

namespace parley::store::postgres {
namespace {

std::string_view TypeName(Type type) {
  return type == Type::kInteger ? "bigint" : "bytea";
}

std::string Define(const Column& column) {
  return StrCat(column.name, " ", TypeName(column.type), column.nullable ? "" : " NOT NULL");
}

// "unnest($1::bigint[], $2::bytea[])"
std::string Unnest(const std::vector<Type>& types) {
  std::string out = "unnest(";
  for (size_t i = 0; i < types.size(); ++i) {
    StrAppend(&out, i ? ", $" : "$", i + 1, "::", TypeName(types[i]), "[]");
  }
  return out + ")";
}

// The rows under the name r, their columns c0, c1 …
std::string Rows(const std::vector<Type>& types) {
  std::string columns;
  for (size_t i = 0; i < types.size(); ++i) StrAppend(&columns, i ? ", c" : "c", i);
  return StrCat(Unnest(types), " AS r(", columns, ")");
}

std::string KeyEquals(Names key) {
  return Join(key, " AND ",
              [](std::string_view name, size_t i) { return StrCat("t.", name, " = r.c", i); });
}

std::string InsertInto(const Operation& operation, const std::vector<Type>& types) {
  return StrCat("INSERT INTO ", operation.table, " (", List(operation.columns), ") SELECT * FROM ",
                Unnest(types));
}

std::string Update(const Operation& operation, const std::vector<Type>& types) {
  const Names columns = operation.columns;
  const size_t keys = operation.key_columns;
  const std::string sets = Join(columns.subspan(keys), ", ", [&](std::string_view name, size_t i) {
    return StrCat(name, " = r.c", keys + i);
  });
  return StrCat("UPDATE ", operation.table, " t SET ", sets, " FROM ", Rows(types), " WHERE ",
                KeyEquals(columns.first(keys)));
}

std::string Delete(const Operation& operation, const std::vector<Type>& types) {
  return StrCat("DELETE FROM ", operation.table, " t USING ", Rows(types), " WHERE ",
                KeyEquals(Names(operation.columns).first(operation.key_columns)));
}

std::string DeleteRange(const Operation& operation, const std::vector<Type>& types) {
  const size_t keys = operation.key_columns;
  return StrCat(Delete(operation, types), " AND t.", operation.columns.back(), " >= r.c", keys,
                " AND t.", operation.columns.back(), " < r.c", keys + 1);
}

}  // namespace

std::string CreateTable(const Table& table) {
  std::string sql = StrCat("CREATE TABLE ", table.name, " (");
  for (const Column& column : table.columns) StrAppend(&sql, Define(column), ", ");
  return StrCat(sql, "PRIMARY KEY (", List(table.primary_key), "))");
}

std::string CreateIndex(std::string_view table, const Index& index) {
  return store::CreateIndex(table, index);
}

std::string AlterTable(const AddColumn& added) {
  return StrCat("ALTER TABLE ", added.table, " ADD COLUMN ", Define(added.column));
}

std::string Write(const Operation& operation, const std::vector<Type>& types,
                  const std::vector<std::string>& primary_key) {
  switch (operation.kind) {
    case Operation::Kind::kInsert:
      return InsertInto(operation, types);
    case Operation::Kind::kInsertOrIgnore:
      return StrCat(InsertInto(operation, types), " ON CONFLICT DO NOTHING");
    case Operation::Kind::kUpsert:
      return StrCat(InsertInto(operation, types), OnConflictSet(operation, primary_key));
    case Operation::Kind::kUpdate:
      return Update(operation, types);
    case Operation::Kind::kDelete:
      return Delete(operation, types);
    case Operation::Kind::kDeleteRange:
      return DeleteRange(operation, types);
  }
  return "";
}

}  // namespace parley::store::postgres
