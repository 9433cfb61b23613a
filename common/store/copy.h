#pragma once

#include <cstdint>
#include <string>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/store/postgres/connection.h"
#include "common/store/schema.h"
#include "common/store/store.h"

// Carries tables from one store to another, whatever their engines read like: in the order of the
// primary key, a page at a time. Nobody else writes to either meanwhile.
namespace parley::store {

// Called when so many more rows are durable. An error ends the copy with it.
using OnPage = absl::FunctionRef<absl::Status(int64_t rows)>;

// Copies one table into `to`, which `into` is a connection of. Each page is one commit, and the
// rows themselves say how far it is: a copy that was broken off goes on behind the last row that
// `to` has. Rows that are there already are set. Threads: one. Lifetime: borrows all.
class TableCopy {
 public:
  TableCopy(const Table& table, Store& from, Store& to, postgres::Connection& into);

  // FailedPrecondition with one sentence when `to` has rows.
  absl::Status ExpectEmpty();
  // Goes on where an earlier copy stopped. Returns how many rows are still to be copied.
  absl::StatusOr<int64_t> Resume();
  // Copies what is left.
  absl::Status Run(OnPage on_page);

 private:
  struct Page {
    std::vector<Value> values;  // rows one after another
    int64_t rows = 0;
  };
  absl::StatusOr<Page> Next();
  absl::Status Write(const Page& page);

  const Table& table_;
  Store& from_;
  Store& to_;
  postgres::Connection& into_;
  std::vector<Value> behind_;  // the key of the last row that was copied; empty: none
};

// What a table holds: equal for two stores exactly when their rows are (but for a collision of
// SHA-256).
struct TableSum {
  int64_t rows = 0;
  std::string sha256;

  friend bool operator==(const TableSum&, const TableSum&) = default;
};
absl::StatusOr<TableSum> SumOf(const Table& table, Store& store);

}  // namespace parley::store
