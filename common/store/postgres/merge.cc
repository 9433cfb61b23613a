#include "common/store/postgres/merge.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::store::postgres {
namespace {

using OpKind = Operation::Kind;

size_t WidthOf(const Operation& operation) {
  return operation.columns.size() + (operation.kind == OpKind::kDeleteRange ? 1 : 0);
}

bool Fits(const Value& value, Type type) {
  switch (value.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kInteger:
      return type == Type::kInteger;
    case Kind::kText:
      return type == Type::kText;
    case Kind::kBytes:
      return type == Type::kBytes;
  }
  return false;
}

bool SameShape(const Operation& a, const Operation& b) {
  return a.kind == b.kind && a.key_columns == b.key_columns && a.columns == b.columns;
}

void AppendCell(std::string& key, const Value& value) {
  StrAppend(&key, static_cast<int>(value.kind()), ":");
  if (value.kind() == Kind::kInteger) {
    StrAppend(&key, value.integer(), ",");
  } else {
    StrAppend(&key, value.data().size(), ":", value.data());
  }
}

absl::Status DoesNotFit(const Operation& operation, std::string_view why) {
  return absl::InternalError(StrCat("a batch does not fit table ", operation.table, ": ", why));
}

}  // namespace

Schema::Schema(const std::vector<Migration>& migrations) {
  for (const Migration& migration : migrations) {
    for (const Table& table : migration.tables) {
      Shape& shape = tables_[table.name];
      shape.primary_key = table.primary_key;
      for (const Column& column : table.columns) shape.columns[column.name] = column.type;
    }
    for (const AddColumn& added : migration.columns) {
      tables_[added.table].columns[added.column.name] = added.column.type;
    }
  }
}

absl::Status Schema::Check(const Batch& batch) const {
  for (const Operation& operation : batch.operations()) PARLEY_RETURN_IF_ERROR(Check(operation));
  return absl::OkStatus();
}

absl::Status Schema::Check(const Operation& operation) const {
  const auto table = tables_.find(Abs(operation.table));
  if (table == tables_.end()) return DoesNotFit(operation, "there is no such table");
  for (const std::string_view column : operation.columns) {
    if (!table->second.columns.contains(Abs(column))) return DoesNotFit(operation, column);
  }
  if (operation.kind == OpKind::kUpsert) {
    for (const std::string& key : table->second.primary_key) {
      if (std::find(operation.columns.begin(), operation.columns.end(), key) ==
          operation.columns.end()) {
        return DoesNotFit(operation, "an upsert without its whole key");
      }
    }
  }
  const std::vector<Type> types = Types(operation);
  if (types.empty() || operation.values.size() % types.size() != 0) {
    return DoesNotFit(operation, "rows of another width than the columns given");
  }
  for (size_t i = 0; i < operation.values.size(); ++i) {
    const size_t column = i % types.size();
    if (!Fits(operation.values[i], types[column])) {
      return DoesNotFit(operation, "a value of another type than its column");
    }
  }
  return absl::OkStatus();
}

const std::vector<std::string>& Schema::PrimaryKey(std::string_view table) const {
  return tables_.find(Abs(table))->second.primary_key;
}

std::vector<Type> Schema::Types(const Operation& operation) const {
  const Shape& shape = tables_.find(Abs(operation.table))->second;
  std::vector<Type> types;
  for (const std::string_view column : operation.columns) {
    types.push_back(shape.columns.find(Abs(column))->second);
  }
  if (operation.kind == OpKind::kDeleteRange) types.push_back(types.back());
  return types;
}

void Merger::Add(const Batch& batch) {
  for (const Operation& operation : batch.operations()) Add(operation);
}

void Merger::Add(const Operation& operation) {
  const size_t write = WriteFor(operation);
  const size_t width = WidthOf(operation);
  const absl::Span<const Value> values = operation.values;
  for (size_t i = 0; i < values.size(); i += width) AddRow(write, values.subspan(i, width));
}

// Only behind the last write of the table: an earlier one of the same shape must not be overtaken.
size_t Merger::WriteFor(const Operation& operation) {
  const auto [last, is_first] = last_of_table_.try_emplace(operation.table, writes_.size());
  if (!is_first && SameShape(*writes_[last->second].shape, operation)) return last->second;
  last->second = writes_.size();
  writes_.push_back({&operation, std::vector<std::vector<const Value*>>(WidthOf(operation))});
  key_columns_.push_back(KeyColumns(operation));
  rows_.emplace_back();
  return last->second;
}

std::vector<size_t> Merger::KeyColumns(const Operation& operation) const {
  std::vector<size_t> key;
  if (operation.kind == OpKind::kUpdate) {
    for (size_t i = 0; i < operation.key_columns; ++i) key.push_back(i);
  }
  if (operation.kind == OpKind::kUpsert) {
    for (const std::string& name : schema_.PrimaryKey(operation.table)) {
      const auto found = std::find(operation.columns.begin(), operation.columns.end(), name);
      key.push_back(found - operation.columns.begin());
    }
  }
  return key;
}

void Merger::AddRow(size_t write, absl::Span<const Value> row) {
  auto& columns = writes_[write].columns;
  if (!key_columns_[write].empty()) {
    std::string key;
    for (const size_t column : key_columns_[write]) AppendCell(key, row[column]);
    const auto [at, is_new] = rows_[write].try_emplace(std::move(key), columns.front().size());
    if (!is_new) {
      for (size_t i = 0; i < columns.size(); ++i) columns[i][at->second] = &row[i];
      return;
    }
  }
  for (size_t i = 0; i < columns.size(); ++i) columns[i].push_back(&row[i]);
}

bool Moves::Add(const Fence& fence) {
  const auto [found, is_new] = moves_.try_emplace(
      {fence.partition, fence.service}, Move{fence.epoch, fence.old_head, fence.new_head});
  Move& move = found->second;
  if (is_new) return true;
  if (move.epoch != fence.epoch || move.to != fence.old_head) return false;
  move.to = fence.new_head;
  return true;
}

}  // namespace parley::store::postgres
