#include "common/store/sqlite/connection.h"

#include <sqlite3.h>

#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::store::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr size_t kMaxCachedStatements = 1024;
// Pages in the log before it is copied into the file: 32 MB. A page that many commits touch is
// copied once.
constexpr int kCheckpointPages = 8192;

absl::StatusCode CodeOf(int result) {
  switch (result & 0xff) {
    case SQLITE_CONSTRAINT:
      return result == SQLITE_CONSTRAINT_PRIMARYKEY || result == SQLITE_CONSTRAINT_UNIQUE
                 ? absl::StatusCode::kAlreadyExists
                 : absl::StatusCode::kInternal;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status Configure(Connection& connection, const ConnectionOptions& options) {
  PARLEY_RETURN_IF_ERROR(connection.Run(StrCat("PRAGMA synchronous=", options.synchronous)));
  PARLEY_RETURN_IF_ERROR(connection.Run(StrCat("PRAGMA cache_size=-", options.cache_bytes / 1024)));
  PARLEY_RETURN_IF_ERROR(connection.Run(StrCat("PRAGMA mmap_size=", options.mmap_bytes)));
  PARLEY_RETURN_IF_ERROR(connection.Run(StrCat("PRAGMA wal_autocheckpoint=", kCheckpointPages)));
  return connection.Run("PRAGMA temp_store=MEMORY");
}

}  // namespace

Statement::Statement(sqlite3_stmt* statement)
    : statement_(statement), index_of_(sqlite3_bind_parameter_count(statement)) {
  for (int i = 0; i < parameters(); ++i) {
    const char* name = sqlite3_bind_parameter_name(statement, i + 1);
    int number = i + 1;
    if (name && *name == '$' && !absl::SimpleAtoi(name + 1, &number)) number = 0;
    if (number >= 1 && number <= parameters()) index_of_[number - 1] = i + 1;
  }
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

bool Statement::Bind(int parameter, const Arg& value) {
  if (parameter < 0 || parameter >= parameters()) return false;
  const int index = index_of_[parameter];
  const std::string_view data = value.data().data() ? value.data() : "";
  switch (value.kind()) {
    case Kind::kNull:
      return sqlite3_bind_null(statement_, index) == SQLITE_OK;
    case Kind::kInteger:
      return sqlite3_bind_int64(statement_, index, value.integer()) == SQLITE_OK;
    case Kind::kText:
      return sqlite3_bind_text64(statement_, index, data.data(), data.size(), SQLITE_STATIC,
                                 SQLITE_UTF8) == SQLITE_OK;
    case Kind::kBytes:
      return sqlite3_bind_blob64(statement_, index, data.data(), data.size(), SQLITE_STATIC) ==
             SQLITE_OK;
  }
  return false;
}

int Statement::Step() {
  return sqlite3_step(statement_);
}

void Statement::Reset() {
  sqlite3_reset(statement_);
}

bool Statement::busy() const {
  return sqlite3_stmt_busy(statement_) != 0;
}

int Statement::parameters() const {
  return static_cast<int>(index_of_.size());
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  sqlite3* db = nullptr;
  const int mode =
      options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int result =
      sqlite3_open_v2(options.path.c_str(), &db, mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(db));
  if (result != SQLITE_OK) {
    return absl::UnavailableError(
        StrCat("cannot open the store at ", options.path, ": ", sqlite3_errstr(result)));
  }
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  if (!options.read_only) PARLEY_RETURN_IF_ERROR(connection->Run("PRAGMA journal_mode=WAL"));
  PARLEY_RETURN_IF_ERROR(Configure(*connection, options));
  return connection;
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

absl::StatusOr<std::unique_ptr<Statement>> Connection::PrepareOwn(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) {
    const absl::Status error = Error(result);
    return absl::Status(error.code(), StrCat(error.message(), " in: ", sql));
  }
  return std::make_unique<Statement>(statement);
}

absl::StatusOr<Statement*> Connection::Prepare(std::string_view sql) {
  const auto found = statements_.find(Abs(sql));
  if (found != statements_.end()) return found->second.get();
  if (statements_.size() >= kMaxCachedStatements) {
    absl::erase_if(statements_, [](const auto& entry) { return !entry.second->busy(); });
  }
  PARLEY_TRY(auto statement, PrepareOwn(sql));
  return statements_.emplace(std::string(sql), std::move(statement)).first->second.get();
}

absl::Status Connection::Run(std::string_view sql) {
  PARLEY_TRY(Statement* const statement, Prepare(sql));
  int result = statement->Step();
  while (result == SQLITE_ROW) result = statement->Step();
  const absl::Status status = result == SQLITE_DONE ? absl::OkStatus() : Error(result);
  statement->Reset();
  return status;
}

int64_t Connection::changes() const {
  return sqlite3_changes64(db_);
}

absl::Status Connection::Error(int code) const {
  return absl::Status(CodeOf(code), StrCat("sqlite: ", sqlite3_errmsg(db_)));
}

}  // namespace parley::store::sqlite
