#include "common/store/postgres/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <cerrno>
#include <utility>

#include <absl/strings/match.h>
#include <absl/strings/strip.h>
#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/postgres/row.h"

namespace parley::store::postgres {
namespace {

constexpr size_t kMaxPrepared = 1024;
// How long a peer may leave what was sent unacknowledged.
constexpr char kTcpUserTimeoutMs[] = "10000";
// The server's own time-out comes first; this one is for a server that does not answer at all.
constexpr absl::Duration kGrace = absl::Seconds(5);

absl::StatusCode CodeOf(std::string_view state) {
  const std::string_view kind = state.substr(0, 2);
  if (state == "23505") return absl::StatusCode::kAlreadyExists;
  if (kind == "40") return absl::StatusCode::kAborted;
  if (state == "22012") return absl::StatusCode::kOutOfRange;   // only a fence divides
  if (state == "08P01") return absl::StatusCode::kInternal;     // parameters that do not fit
  if (state == "25006") return absl::StatusCode::kUnavailable;  // a standby by now
  if (kind == "08" || kind == "53" || kind == "57" || kind == "58" || state.empty()) {
    return absl::StatusCode::kUnavailable;
  }
  return absl::StatusCode::kInternal;
}

std::string OneLine(const char* message) {
  absl::string_view text = absl::StripAsciiWhitespace(message ? message : "");
  return std::string(text.substr(0, text.find('\n')));
}

pg_conn* Connect(const ConnectionOptions& options) {
  const std::string port = std::to_string(options.port);
  const std::string timeout =
      std::to_string(std::max<int64_t>(2, absl::ToInt64Seconds(options.connect_timeout)));
  const char* const keys[] = {"host",
                              "port",
                              "dbname",
                              "user",
                              "password",
                              "sslmode",
                              "sslrootcert",
                              "connect_timeout",
                              "target_session_attrs",
                              "application_name",
                              "tcp_user_timeout",
                              "client_encoding",
                              nullptr};
  const char* const values[] = {options.host.c_str(),
                                port.c_str(),
                                options.database.c_str(),
                                options.user.c_str(),
                                options.password.c_str(),
                                options.ssl_mode.c_str(),
                                options.ssl_root_cert.c_str(),
                                timeout.c_str(),
                                "read-write",
                                "parley",
                                kTcpUserTimeoutMs,
                                "UTF8",
                                nullptr};
  return PQconnectdbParams(keys, values, 0);
}

}  // namespace

Answer::~Answer() {
  if (result_) PQclear(result_);
}

int Answer::rows() const {
  return PQntuples(result_);
}

void Answer::ForEach(RowCallback on_row) const {
  ResultRow row(result_);
  for (; row.valid(); row.Next()) on_row(row);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const ConnectionOptions& options) {
  std::unique_ptr<Connection> connection(
      new Connection(Connect(options), options.statement_timeout + kGrace));
  pg_conn* const raw = connection->connection_;
  if (PQstatus(raw) != CONNECTION_OK) {
    return absl::UnavailableError(StrCat("postgres: ", OneLine(PQerrorMessage(raw))));
  }
  PQsetNoticeProcessor(
      raw, [](void*, const char*) {}, nullptr);
  PQsetnonblocking(raw, 1);
  PARLEY_RETURN_IF_ERROR(connection->Configure());
  PARLEY_RETURN_IF_ERROR(connection->Run(
      StrCat("SET statement_timeout = ", absl::ToInt64Milliseconds(options.statement_timeout))));
  if (PQenterPipelineMode(raw) != 1) return connection->Lost();
  return connection;
}

// Every statement of ours goes by a key, and is planned once: a plan made while a table was empty
// must not read the whole of it later.
absl::Status Connection::Configure() {
  return Run(
      "SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off; "
      "SET enable_hashjoin = off; SET enable_mergejoin = off; "
      "SET idle_in_transaction_session_timeout = '60s'");
}

Connection::~Connection() {
  PQfinish(connection_);
}

absl::Status Connection::Queue(std::string_view sql, const Params& params) {
  if (!usable_) return Lost();
  std::string key = StrCat(sql, "\n", params.Signature());
  auto found = names_.find(key);
  if (found == names_.end()) {
    const std::string name = StrCat("s", next_name_++);
    PARLEY_RETURN_IF_ERROR(Prepare(name, sql, params));
    unproven_.push_back(key);
    found = names_.emplace(std::move(key), name).first;
  }
  const Params::Raw raw = params.ToRaw();
  if (PQsendQueryPrepared(connection_, found->second.c_str(), params.size(), raw.values.data(),
                          raw.lengths.data(), raw.formats.data(), 1) != 1) {
    return Lost();
  }
  return absl::OkStatus();
}

absl::Status Connection::Prepare(const std::string& name, std::string_view sql,
                                 const Params& params) {
  const Params::Raw raw = params.ToRaw();
  if (PQsendPrepare(connection_, name.c_str(), std::string(sql).c_str(), params.size(),
                    raw.types.data()) != 1) {
    return Lost();
  }
  return absl::OkStatus();
}

absl::Status Connection::Sync() {
  if (!usable_ || PQpipelineSync(connection_) != 1) return Lost();
  ++syncs_left_;
  return absl::OkStatus();
}

absl::Status Connection::Leave() {
  PARLEY_RETURN_IF_ERROR(Sync());
  return PQflush(connection_) < 0 ? Lost() : absl::OkStatus();
}

absl::StatusOr<std::vector<Answer>> Connection::Collect() {
  PARLEY_RETURN_IF_ERROR(Sync());
  while (usable_ && syncs_left_ > 1) CollectOne(nullptr).IgnoreError();
  std::vector<Answer> answers;
  if (!usable_) return Lost();
  PARLEY_RETURN_IF_ERROR(CollectOne(&answers));
  return answers;
}

// Reads up to the next sync. A failed pipeline may have failed before a statement in it was
// prepared: those get new names.
absl::Status Connection::CollectOne(std::vector<Answer>* answers) {
  const absl::Time deadline = absl::Now() + timeout_;
  absl::Status status;
  for (;;) {
    PARLEY_TRY(pg_result* const result, NextResult(deadline));
    if (result == nullptr) continue;
    const ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_TUPLES_OK && answers) {
      answers->push_back(Answer(result));
      continue;
    }
    if (kind == PGRES_FATAL_ERROR && status.ok()) status = Error(result);
    PQclear(result);
    if (kind == PGRES_PIPELINE_SYNC) break;
  }
  --syncs_left_;
  if (absl::IsUnavailable(status)) usable_ = false;  // it may be a standby by now, or shutting down
  if (!status.ok()) {
    for (const std::string& key : unproven_) names_.erase(key);
  }
  if (syncs_left_ == 0) unproven_.clear();
  if (names_.size() > kMaxPrepared && syncs_left_ == 0) usable_ = false;  // a new one begins afresh
  return status;
}

absl::StatusOr<pg_result*> Connection::NextResult(absl::Time deadline) {
  for (;;) {
    const int unsent = PQflush(connection_);
    if (unsent < 0) return Lost();
    if (!PQisBusy(connection_)) {
      pg_result* const result = PQgetResult(connection_);
      if (result != nullptr) return result;
      if (PQstatus(connection_) != CONNECTION_OK || absl::Now() > deadline) return Lost();
      return nullptr;
    }
    pollfd socket = {PQsocket(connection_), static_cast<short>(POLLIN | (unsent ? POLLOUT : 0)), 0};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    const int ready = left <= 0 ? 0 : poll(&socket, 1, static_cast<int>(left));
    if (ready == 0 || (ready < 0 && errno != EINTR)) return Lost();
    if (ready > 0 && PQconsumeInput(connection_) != 1) return Lost();
  }
}

absl::StatusOr<Answer> Connection::Ask(std::string_view sql, const Params& params) {
  PARLEY_RETURN_IF_ERROR(Queue(sql, params));
  PARLEY_TRY(std::vector<Answer> answers, Collect());
  if (answers.empty()) return Answer(nullptr);
  return std::move(answers.front());
}

absl::Status Connection::Run(std::string_view sql) {
  const bool in_pipeline = PQpipelineStatus(connection_) != PQ_PIPELINE_OFF;
  if (in_pipeline && PQexitPipelineMode(connection_) != 1) return Lost();
  if (PQsendQuery(connection_, std::string(sql).c_str()) != 1) return Lost();
  absl::Status status;
  for (;;) {
    PARLEY_TRY(pg_result* const result, NextResult(absl::Now() + timeout_));
    if (result == nullptr) break;
    if (PQresultStatus(result) == PGRES_FATAL_ERROR) status = Error(result);
    PQclear(result);
  }
  if (in_pipeline && PQenterPipelineMode(connection_) != 1) return Lost();
  return status;
}

absl::Status Connection::Lost() {
  usable_ = false;
  return absl::UnavailableError(
      StrCat("postgres: the connection broke: ", OneLine(PQerrorMessage(connection_))));
}

absl::Status Connection::Error(const pg_result* result) const {
  const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const absl::StatusCode code = CodeOf(state ? state : "");
  return absl::Status(code, StrCat("postgres: ", message ? message : PQresultErrorMessage(result),
                                   state ? StrCat(" (", state, ")") : std::string()));
}

}  // namespace parley::store::postgres
