#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/store/postgres/params.h"
#include "common/store/reader.h"

struct pg_conn;
struct pg_result;

namespace parley::store::postgres {

struct ConnectionOptions {
  std::string host;  // a name, a socket's folder, or several with commas between
  uint16_t port = 5432;
  std::string database;
  std::string user;
  std::string password = {};
  std::string ssl_mode = "prefer";
  std::string ssl_root_cert = {};
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration statement_timeout = absl::Seconds(30);
};

// The rows that one statement answered.
class Answer {
 public:
  explicit Answer(pg_result* result) : result_(result) {}
  ~Answer();
  Answer(Answer&& other) noexcept : result_(other.result_) { other.result_ = nullptr; }
  Answer& operator=(Answer&&) = delete;

  int rows() const;
  // Calls `on_row` for each.
  void ForEach(RowCallback on_row) const;

 private:
  pg_result* result_;
};

// One connection in pipeline mode, with its prepared statements: what is queued travels together,
// one round trip for all. Threads: one at a time. Every wait is bounded by the statement time-out.
//
// Errors: AlreadyExists for a unique key; Aborted for what a repetition may cure (serialization,
// deadlock); Unavailable when the server did not answer, has no room or shuts down; Internal for
// SQL that is wrong; OutOfRange for a division by zero, which is how a fence says no.
class Connection {
 public:
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);
  ~Connection();

  // Queues a statement, without waiting. `params` may go afterwards.
  absl::Status Queue(std::string_view sql, const Params& params = {});
  // Sends what is queued and waits for its answers, in order. Or the first error; then nothing
  // behind the faulty statement was run.
  absl::StatusOr<std::vector<Answer>> Collect();
  // Sends what is queued without waiting; the next Collect drops its answers.
  absl::Status Leave();

  // Queue and Collect for one statement.
  absl::StatusOr<Answer> Ask(std::string_view sql, const Params& params = {});
  // Several statements in one text, or what can't be prepared; no answer that matters.
  absl::Status Run(std::string_view sql);

  // False once nothing more can be had from it.
  bool usable() const { return usable_; }

 private:
  explicit Connection(pg_conn* connection, absl::Duration timeout)
      : connection_(connection), timeout_(timeout) {}

  absl::Status Configure();
  absl::Status Prepare(const std::string& name, std::string_view sql, const Params& params);
  // Null: the end of one statement's answers.
  absl::StatusOr<pg_result*> NextResult(absl::Time deadline);
  absl::Status Sync();
  absl::Status CollectOne(std::vector<Answer>* answers);
  absl::Status Lost();
  absl::Status Error(const pg_result* result) const;

  pg_conn* connection_;
  const absl::Duration timeout_;
  bool usable_ = true;
  int syncs_left_ = 0;  // sent, whose answers were not read
  int64_t next_name_ = 0;
  absl::flat_hash_map<std::string, std::string> names_;  // by text and signature
  std::vector<std::string> unproven_;                    // prepared in the pipeline under way
};

}  // namespace parley::store::postgres
