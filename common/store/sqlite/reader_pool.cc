#include "common/store/sqlite/reader_pool.h"

#include <sqlite3.h>

#include <utility>

#include "common/status/macros.h"

namespace parley::store::sqlite {
namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

  bool IsNull(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  int64_t Int(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string_view Text(int column) const override {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    if (!data) return {};
    return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

class SqliteReader final : public Reader {
 public:
  explicit SqliteReader(Connection& connection) : connection_(connection) {}

  absl::Status Query(std::string_view sql, absl::Span<const Arg> args,
                     RowCallback on_row) override {
    PARLEY_TRY(Statement* const cached, connection_.Prepare(sql));
    if (!cached->busy()) return RunOn(*cached, args, on_row);
    PARLEY_TRY(const auto own, connection_.PrepareOwn(sql));
    return RunOn(*own, args, on_row);
  }
  using Reader::Query;

 private:
  absl::Status RunOn(Statement& statement, absl::Span<const Arg> args, RowCallback on_row) {
    if (statement.parameters() != static_cast<int>(args.size()))
      return absl::InternalError("wrong number of arguments");
    for (size_t i = 0; i < args.size(); ++i) {
      if (!statement.Bind(static_cast<int>(i), args[i]))
        return absl::InternalError("an argument can't be bound");
    }
    const SqliteRow row(statement.get());
    int result = statement.Step();
    for (; result == SQLITE_ROW; result = statement.Step()) on_row(row);
    const absl::Status status =
        result == SQLITE_DONE ? absl::OkStatus() : connection_.Error(result);
    statement.Reset();
    return status;
  }

  Connection& connection_;
};

absl::Status ReadSnapshot(Connection& connection, absl::FunctionRef<absl::Status(Reader&)> read) {
  PARLEY_RETURN_IF_ERROR(connection.Run("BEGIN"));
  SqliteReader reader(connection);
  const absl::Status status = read(reader);
  const absl::Status ended = connection.Run("COMMIT");
  if (!ended.ok()) connection.Run("ROLLBACK").IgnoreError();
  return status.ok() ? ended : status;
}

}  // namespace

ReaderPool::ReaderPool(ConnectionOptions options, size_t max_connections)
    : options_(std::move(options)), max_connections_(max_connections) {}

absl::Status ReaderPool::Read(absl::FunctionRef<absl::Status(Reader&)> read) {
  PARLEY_TRY(auto connection, Take());
  const absl::Status status = ReadSnapshot(*connection, read);
  GiveBack(std::move(connection));
  return status;
}

absl::StatusOr<std::unique_ptr<Connection>> ReaderPool::Take() {
  {
    absl::MutexLock lock(&mutex_, absl::Condition(this, &ReaderPool::CanTake));
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++open_;
  }
  auto connection = Connection::Open(options_);
  if (!connection.ok()) {
    absl::MutexLock lock(&mutex_);
    --open_;
  }
  return connection;
}

void ReaderPool::GiveBack(std::unique_ptr<Connection> connection) {
  absl::MutexLock lock(&mutex_);
  idle_.push_back(std::move(connection));
}

}  // namespace parley::store::sqlite
