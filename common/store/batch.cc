#include "common/store/batch.h"

#include <iterator>
#include <utility>

namespace parley::store {

Operation& Batch::Add(Operation::Kind kind, std::string_view table, Cells cells) {
  Operation& operation = operations_.emplace_back(Operation{kind, table, {}, 0, {}});
  operation.columns.reserve(cells.size());
  operation.values.reserve(cells.size());
  for (const Cell& cell : cells) {
    operation.columns.push_back(cell.column);
    operation.values.push_back(cell.value);
  }
  return operation;
}

void Batch::AddRows(Operation::Kind kind, std::string_view table,
                    std::initializer_list<std::string_view> columns, std::vector<Value> values) {
  if (values.empty()) return;
  operations_.push_back(Operation{kind, table, columns, 0, std::move(values)});
}

void Batch::Insert(std::string_view table, Cells row) {
  Add(Operation::Kind::kInsert, table, row);
}

void Batch::InsertOrIgnore(std::string_view table, Cells row) {
  Add(Operation::Kind::kInsertOrIgnore, table, row);
}

void Batch::Upsert(std::string_view table, Cells row) {
  Add(Operation::Kind::kUpsert, table, row);
}

void Batch::Update(std::string_view table, Cells key, Cells set) {
  Operation& operation = Add(Operation::Kind::kUpdate, table, key);
  operation.key_columns = key.size();
  for (const Cell& cell : set) {
    operation.columns.push_back(cell.column);
    operation.values.push_back(cell.value);
  }
}

void Batch::Delete(std::string_view table, Cells key) {
  Add(Operation::Kind::kDelete, table, key).key_columns = key.size();
}

void Batch::DeleteRange(std::string_view table, Cells key, std::string_view column, Value from,
                        Value to) {
  Operation& operation = Add(Operation::Kind::kDeleteRange, table, key);
  operation.key_columns = key.size();
  operation.columns.push_back(column);
  operation.values.push_back(std::move(from));
  operation.values.push_back(std::move(to));
}

void Batch::InsertRows(std::string_view table, std::initializer_list<std::string_view> columns,
                       std::vector<Value> values) {
  AddRows(Operation::Kind::kInsert, table, columns, std::move(values));
}

void Batch::InsertOrIgnoreRows(std::string_view table,
                               std::initializer_list<std::string_view> columns,
                               std::vector<Value> values) {
  AddRows(Operation::Kind::kInsertOrIgnore, table, columns, std::move(values));
}

void Batch::UpsertRows(std::string_view table, std::initializer_list<std::string_view> columns,
                       std::vector<Value> values) {
  AddRows(Operation::Kind::kUpsert, table, columns, std::move(values));
}

void Batch::Append(Batch other) {
  operations_.insert(operations_.end(), std::make_move_iterator(other.operations_.begin()),
                     std::make_move_iterator(other.operations_.end()));
}

size_t Batch::ApproximateBytes() const {
  size_t bytes = 0;
  for (const Operation& operation : operations_) {
    bytes += sizeof(Operation) + operation.values.size() * sizeof(Value);
    for (const Value& value : operation.values) bytes += value.data().size();
  }
  return bytes;
}

}  // namespace parley::store
