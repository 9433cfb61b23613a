#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/store/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace parley::store::sqlite {

// A prepared statement. Bind, Step until it says done, Reset. Columns and parameters count from 0.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters are `?` in order, or $1, $2 … (then `parameter` 0 is $1). Borrows text and bytes
  // until Reset. False when there is no such parameter or it is too long.
  bool Bind(int parameter, const Arg& value);
  // An SQLite result code: SQLITE_ROW, SQLITE_DONE or an error.
  int Step();
  void Reset();
  bool busy() const;
  int parameters() const;
  sqlite3_stmt* get() const { return statement_; }

 private:
  sqlite3_stmt* statement_;
  std::vector<int> index_of_;  // SQLite's index of each parameter: it numbers $1, $2 … by first use
};

struct ConnectionOptions {
  std::string path;
  bool read_only = false;
  std::string vfs = {};              // empty: SQLite's own
  std::string synchronous = "FULL";  // the sync test shows what another one loses
  int64_t cache_bytes = 8 << 20;
  int64_t mmap_bytes = 0;
};

// One SQLite connection with its cache of prepared statements. Threads: one at a time.
class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();

  // The cached statement of `sql`, reset and ready to bind. Valid until the next Prepare.
  absl::StatusOr<Statement*> Prepare(std::string_view sql);
  // A statement of the caller's own, for when the cached one is in use further up the stack.
  absl::StatusOr<std::unique_ptr<Statement>> PrepareOwn(std::string_view sql);
  // Runs `sql`, which answers no rows that matter.
  absl::Status Run(std::string_view sql);

  // Rows that the last statement inserted, updated or deleted.
  int64_t changes() const;
  // The status for result `code` of the last call.
  absl::Status Error(int code) const;

 private:
  explicit Connection(sqlite3* db) : db_(db) {}

  sqlite3* db_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements_;
};

}  // namespace parley::store::sqlite
