#include "common/store/copy.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <absl/types/span.h>

#include "common/base/strings.h"
#include "common/crypto/hash.h"
#include "common/status/macros.h"
#include "common/store/postgres/params.h"
#include "common/store/postgres/render.h"
#include "common/store/sql_text.h"

namespace parley::store {
namespace {

constexpr int64_t kPageRows = 1000;

std::vector<std::string> NamesOf(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

size_t ColumnOf(const Table& table, const std::string& name) {
  return std::find_if(table.columns.begin(), table.columns.end(),
                      [&](const Column& column) { return column.name == name; }) -
         table.columns.begin();
}

Value CellOf(const Row& row, int at, Type type) {
  if (row.IsNull(at)) return nullptr;
  switch (type) {
    case Type::kInteger:
      return row.Int(at);
    case Type::kText:
      return row.Text(at);
    case Type::kBytes:
      return Bytes(row.Text(at));
  }
  return nullptr;
}

// " WHERE (k1, k2) > ($1, $2)"; nothing without a key.
std::string Behind(const Table& table, const std::vector<Value>& key) {
  if (key.empty()) return "";
  std::string marks;
  for (size_t i = 0; i < key.size(); ++i) StrAppend(&marks, i ? ", $" : "$", i + 1);
  return StrCat(" WHERE (", List(table.primary_key), ") > (", marks, ")");
}

// A page of `table` behind `key`, whose rows begin with all columns.
std::string PageBehind(const Table& table, const std::vector<Value>& key) {
  return StrCat("SELECT ", List(NamesOf(table.columns)), " FROM ", table.name, Behind(table, key),
                " ORDER BY ", List(table.primary_key), " LIMIT ", kPageRows);
}

std::vector<Arg> ArgsOf(const std::vector<Value>& key) {
  return std::vector<Arg>(key.begin(), key.end());
}

absl::StatusOr<std::vector<Value>> ReadPage(const Table& table, const std::vector<Value>& key,
                                            Store& store) {
  std::vector<Value> values;
  PARLEY_RETURN_IF_ERROR(store.Read([&](Reader& reader) {
    return reader.Query(
        PageBehind(table, key), absl::MakeConstSpan(ArgsOf(key)), [&](const Row& row) {
          for (size_t i = 0; i < table.columns.size(); ++i) {
            values.push_back(CellOf(row, static_cast<int>(i), table.columns[i].type));
          }
        });
  }));
  return values;
}

// The key of the last row in `values`.
std::vector<Value> LastKey(const Table& table, const std::vector<Value>& values) {
  std::vector<Value> key;
  const size_t row = values.size() - table.columns.size();
  for (const std::string& name : table.primary_key) {
    key.push_back(values[row + ColumnOf(table, name)]);
  }
  return key;
}

// Unambiguous: each value says its kind and its length.
void Append(const Value& value, std::string& out) {
  const bool is_integer = value.kind() == Kind::kInteger;
  StrAppend(&out, static_cast<int>(value.kind()), ":");
  if (is_integer) {
    StrAppend(&out, value.integer(), ",");
  } else {
    StrAppend(&out, value.data().size(), ":", value.data());
  }
}

Operation UpsertInto(const Table& table) {
  Operation operation{Operation::Kind::kUpsert, table.name, {}, 0, {}};
  for (const Column& column : table.columns) operation.columns.push_back(column.name);
  return operation;
}

}  // namespace

TableCopy::TableCopy(const Table& table, Store& from, Store& to, postgres::Connection& into)
    : table_(table), from_(from), to_(to), into_(into) {}

absl::Status TableCopy::ExpectEmpty() {
  bool has_rows = false;
  PARLEY_RETURN_IF_ERROR(to_.Read([&](Reader& reader) {
    return reader.Query(StrCat("SELECT p FROM ", table_.name, " LIMIT 1"), {},
                        [&](const Row&) { has_rows = true; });
  }));
  if (!has_rows) return absl::OkStatus();
  return absl::FailedPreconditionError(
      StrCat("The database is not empty: its table ", table_.name, " has rows."));
}

absl::StatusOr<int64_t> TableCopy::Resume() {
  const std::string last = StrCat(
      "SELECT ", List(table_.primary_key), " FROM ", table_.name, " ORDER BY ",
      Join(std::vector<std::string_view>(table_.primary_key.begin(), table_.primary_key.end()),
           ", ", [](std::string_view name, size_t) { return StrCat(name, " DESC"); }),
      " LIMIT 1");
  behind_.clear();
  PARLEY_RETURN_IF_ERROR(to_.Read([&](Reader& reader) {
    return reader.Query(last, {}, [&](const Row& row) {
      for (size_t i = 0; i < table_.primary_key.size(); ++i) {
        const size_t column = ColumnOf(table_, table_.primary_key[i]);
        behind_.push_back(CellOf(row, static_cast<int>(i), table_.columns[column].type));
      }
    });
  }));
  int64_t left = 0;
  PARLEY_RETURN_IF_ERROR(from_.Read([&](Reader& reader) {
    return reader.Query(StrCat("SELECT count(*) FROM ", table_.name, Behind(table_, behind_)),
                        absl::MakeConstSpan(ArgsOf(behind_)),
                        [&](const Row& row) { left = row.Int(0); });
  }));
  return left;
}

absl::Status TableCopy::Run(OnPage on_page) {
  for (;;) {
    PARLEY_TRY(const Page page, Next());
    if (page.rows == 0) return absl::OkStatus();
    PARLEY_RETURN_IF_ERROR(Write(page));
    behind_ = LastKey(table_, page.values);
    PARLEY_RETURN_IF_ERROR(on_page(page.rows));
  }
}

absl::StatusOr<TableCopy::Page> TableCopy::Next() {
  Page page;
  PARLEY_TRY(page.values, ReadPage(table_, behind_, from_));
  page.rows = static_cast<int64_t>(page.values.size() / table_.columns.size());
  return page;
}

absl::Status TableCopy::Write(const Page& page) {
  std::vector<Type> types;
  postgres::Params params;
  for (size_t i = 0; i < table_.columns.size(); ++i) {
    types.push_back(table_.columns[i].type);
    std::vector<const Value*> cells;
    for (size_t at = i; at < page.values.size(); at += table_.columns.size()) {
      cells.push_back(&page.values[at]);
    }
    if (types.back() == Type::kInteger) {
      params.AddIntegers(postgres::IntegerArray(cells));
    } else {
      params.AddByteStrings(postgres::BytesArray(cells));
    }
  }
  return into_.Ask(postgres::Write(UpsertInto(table_), types, table_.primary_key), params).status();
}

absl::StatusOr<TableSum> SumOf(const Table& table, Store& store) {
  TableSum sum;
  std::vector<Value> key;
  for (;;) {
    PARLEY_TRY(const std::vector<Value> values, ReadPage(table, key, store));
    if (values.empty()) return sum;
    std::string text = std::move(sum.sha256);
    for (const Value& value : values) Append(value, text);
    sum.sha256 = crypto::Sha256(text);
    sum.rows += static_cast<int64_t>(values.size() / table.columns.size());
    key = LastKey(table, values);
  }
}

}  // namespace parley::store
