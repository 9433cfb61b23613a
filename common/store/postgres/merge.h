#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/types/span.h>

#include "common/store/batch.h"
#include "common/store/schema.h"
#include "common/store/store.h"

// How the batches of a group become few statements. Pure.
namespace parley::store::postgres {

// The tables that batches may write to.
class Schema {
 public:
  explicit Schema(const std::vector<Migration>& migrations);

  // Internal when a table, a column or a value's type is not in the schema.
  absl::Status Check(const Batch& batch) const;

  const std::vector<std::string>& PrimaryKey(std::string_view table) const;
  // Of the columns of one row of `operation`, in order.
  std::vector<Type> Types(const Operation& operation) const;

 private:
  struct Shape {
    absl::flat_hash_map<std::string, Type> columns;
    std::vector<std::string> primary_key;
  };
  absl::Status Check(const Operation& operation) const;

  absl::flat_hash_map<std::string, Shape> tables_;
};

// Many rows for one statement. `shape` and the cells borrow from the batches.
struct MergedWrite {
  const Operation* shape = nullptr;
  std::vector<std::vector<const Value*>> columns;  // the cells of each column, row by row
};

// Merges what is written to one table by operations of one shape, as long as their order does not
// matter. A row that one statement would upsert or update twice is in it once, as it ends up.
// Borrows the batches, which have passed Check, and the schema.
class Merger {
 public:
  explicit Merger(const Schema& schema) : schema_(schema) {}

  void Add(const Batch& batch);
  const std::vector<MergedWrite>& writes() const { return writes_; }

 private:
  using RowsByKey = absl::flat_hash_map<std::string, size_t>;

  void Add(const Operation& operation);
  size_t WriteFor(const Operation& operation);
  void AddRow(size_t write, absl::Span<const Value> row);
  std::vector<size_t> KeyColumns(const Operation& operation) const;

  const Schema& schema_;
  std::vector<MergedWrite> writes_;
  std::vector<std::vector<size_t>> key_columns_;  // of each write that may not meet a row twice
  std::vector<RowsByKey> rows_;
  absl::flat_hash_map<std::string_view, size_t> last_of_table_;
};

// How far a group moves each stream.
struct Move {
  int64_t epoch = 0;
  int64_t from = 0;
  int64_t to = 0;
};

class Moves {
 public:
  // False when the fence does not continue the moves before it.
  bool Add(const Fence& fence);

  // In one order for all writers, so that they never wait for each other in a circle.
  const std::map<std::pair<Partition, std::string_view>, Move>& all() const { return moves_; }

 private:
  std::map<std::pair<Partition, std::string_view>, Move> moves_;
};

}  // namespace parley::store::postgres
