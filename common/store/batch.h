#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "common/store/value.h"

namespace parley::store {

// A column and what it gets or must equal. `column` is a literal (it is kept as a view).
struct Cell {
  std::string_view column;
  Value value;
};
using Cells = std::initializer_list<Cell>;

// One declared write over one table; engines render it. Made by Batch only.
struct Operation {
  enum class Kind : uint8_t { kInsert, kInsertOrIgnore, kUpsert, kUpdate, kDelete, kDeleteRange };

  Kind kind;
  std::string_view table;
  std::vector<std::string_view> columns;  // kUpdate: the key's first, then those that are set
  size_t key_columns = 0;     // kUpdate, kDelete, kDeleteRange: how many of `columns` are the key
  std::vector<Value> values;  // rows one after another; kDeleteRange: key, from, to
};

// Writes that become durable together or not at all. Blind: nothing is read first, so an operation
// says what to write, never what to compute. All rows of a batch belong to one partition.
//
//   Batch batch;
//   batch.Insert("events_timeline", {{"p", p}, {"position", position}, {"json", Bytes(json)}});
//   batch.Upsert("events_rooms", {{"p", p}, {"room_id", room.str()}, {"depth", depth}});
//
// Table and column names are kept as views: pass literals or constants. Threads: none, a value to
// move.
class Batch {
 public:
  // Fails the whole batch with AlreadyExists when the primary key or a unique index has the row
  // already.
  void Insert(std::string_view table, Cells row);
  // Keeps a row that is there already.
  void InsertOrIgnore(std::string_view table, Cells row);
  // Inserts, or sets the given columns of the row with this primary key; all key columns are given.
  void Upsert(std::string_view table, Cells row);
  // Sets columns in the rows whose `key` columns equal; no such row is not an error.
  void Update(std::string_view table, Cells key, Cells set);
  // Deletes the rows whose `key` columns equal: a whole key, or a prefix of it.
  void Delete(std::string_view table, Cells key);
  // Deletes the rows whose `key` columns equal and whose `column` lies in [from, to).
  void DeleteRange(std::string_view table, Cells key, std::string_view column, Value from,
                   Value to);

  // Many rows of the same columns; `values` holds them one after another.
  void InsertRows(std::string_view table, std::initializer_list<std::string_view> columns,
                  std::vector<Value> values);
  void InsertOrIgnoreRows(std::string_view table, std::initializer_list<std::string_view> columns,
                          std::vector<Value> values);
  void UpsertRows(std::string_view table, std::initializer_list<std::string_view> columns,
                  std::vector<Value> values);

  // Takes over the operations of `other`, behind those here.
  void Append(Batch other);

  bool empty() const { return operations_.empty(); }
  const std::vector<Operation>& operations() const { return operations_; }
  // Bytes held, roughly: what the committer's queue is bounded by.
  size_t ApproximateBytes() const;

 private:
  Operation& Add(Operation::Kind kind, std::string_view table, Cells cells);
  void AddRows(Operation::Kind kind, std::string_view table,
               std::initializer_list<std::string_view> columns, std::vector<Value> values);

  std::vector<Operation> operations_;
};

}  // namespace parley::store
