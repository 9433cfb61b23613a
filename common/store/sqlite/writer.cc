#include "common/store/sqlite/writer.h"

#include <sqlite3.h>

#include <utility>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/sqlite/render.h"

namespace parley::store::sqlite {
namespace {

constexpr std::string_view kFence =
    "UPDATE streams SET head = ? WHERE p = ? AND service = ? AND epoch = ? AND head = ?";
constexpr std::string_view kTakeOver =
    "INSERT INTO streams (p, service, epoch, head) VALUES (?, ?, 1, 0) "
    "ON CONFLICT (p, service) DO UPDATE SET epoch = streams.epoch + 1 RETURNING epoch, head";

// What names a statement: operations of one shape share it.
void AppendShape(const Operation& operation, std::string& out) {
  out.push_back(static_cast<char>('0' + static_cast<int>(operation.kind)));
  out.push_back(static_cast<char>('0' + operation.key_columns));
  out.append(operation.table);
  for (const std::string_view column : operation.columns) {
    out.push_back(',');
    out.append(column);
  }
}

// A fault of the disk and not of one batch.
bool IsOutage(const absl::Status& status) {
  return absl::IsUnavailable(status);
}

absl::Status Unavailable(const absl::Status& status) {
  return absl::UnavailableError(status.message());
}

absl::Status FenceLost(const Fence& fence) {
  return absl::AbortedError(
      StrCat("the fence of ", fence.service, "/", fence.partition, " does not hold"));
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, const std::vector<Migration>& migrations)
    : connection_(std::move(connection)) {
  for (const Migration& migration : migrations) {
    for (const Table& table : migration.tables) primary_keys_[table.name] = table.primary_key;
  }
}

void Writer::Apply(absl::Span<CommitJob> jobs) {
  absl::MutexLock lock(&mutex_);
  if (!TryApply(jobs, Mode::kTogether)) TryApply(jobs, Mode::kOneByOne);
}

bool Writer::TryApply(absl::Span<CommitJob> jobs, Mode mode) {
  for (CommitJob& job : jobs) job.result = absl::OkStatus();
  absl::Status status = connection_->Run("BEGIN IMMEDIATE");
  for (size_t i = 0; i < jobs.size() && status.ok(); ++i) {
    const absl::Status result = mode == Mode::kTogether ? ApplyJob(jobs[i]) : ApplyGuarded(jobs[i]);
    if (IsOutage(result)) {
      status = result;
    } else if (!result.ok() && !absl::IsAborted(result) && mode == Mode::kTogether) {
      RollBack();
      return false;
    } else if (!result.ok()) {
      Refuse(jobs[i], result);
    }
  }
  if (status.ok()) status = connection_->Run("COMMIT");
  if (status.ok()) return true;
  RollBack();
  for (CommitJob& job : jobs) Refuse(job, Unavailable(status));
  return true;
}

void Writer::Refuse(CommitJob& job, const absl::Status& status) {
  if (job.result.ok()) job.result = status;
  if (job.fence) broken_chains_.Break(*job.fence);
}

absl::Status Writer::ApplyGuarded(const CommitJob& job) {
  PARLEY_RETURN_IF_ERROR(connection_->Run("SAVEPOINT batch"));
  const absl::Status status = ApplyJob(job);
  if (!status.ok()) PARLEY_RETURN_IF_ERROR(connection_->Run("ROLLBACK TO batch"));
  PARLEY_RETURN_IF_ERROR(connection_->Run("RELEASE batch"));
  return status;
}

// The fence goes first: when it does not hold, nothing of the batch is written and nothing needs
// undoing.
absl::Status Writer::ApplyJob(const CommitJob& job) {
  if (job.fence) PARLEY_RETURN_IF_ERROR(CheckFence(*job.fence));
  for (const Operation& operation : job.batch.operations())
    PARLEY_RETURN_IF_ERROR(Execute(operation));
  return absl::OkStatus();
}

absl::Status Writer::CheckFence(const Fence& fence) {
  if (broken_chains_.IsBroken(fence)) return FenceLost(fence);
  PARLEY_TRY(Statement* const statement, connection_->Prepare(kFence));
  const Arg row[] = {fence.new_head, fence.partition, fence.service, fence.epoch, fence.old_head};
  PARLEY_RETURN_IF_ERROR(ExecuteRow<Arg>(*statement, row));
  return connection_->changes() == 1 ? absl::OkStatus() : FenceLost(fence);
}

absl::Status Writer::Execute(const Operation& operation) {
  PARLEY_TRY(Statement* const statement, StatementFor(operation));
  const size_t width = statement->parameters();
  const absl::Span<const Value> values = operation.values;
  if (width == 0 || values.size() % width != 0) {
    return absl::InternalError(
        StrCat("rows of another width than the columns given for ", operation.table));
  }
  for (size_t i = 0; i < values.size(); i += width) {
    PARLEY_RETURN_IF_ERROR(ExecuteRow<Value>(*statement, values.subspan(i, width)));
  }
  return absl::OkStatus();
}

template <class Cell>
absl::Status Writer::ExecuteRow(Statement& statement, absl::Span<const Cell> row) {
  for (size_t i = 0; i < row.size(); ++i) {
    if (!statement.Bind(static_cast<int>(i), row[i]))
      return absl::InternalError("a value can't be bound");
  }
  const int result = statement.Step();
  const absl::Status status = result == SQLITE_DONE ? absl::OkStatus() : connection_->Error(result);
  statement.Reset();
  return status;
}

absl::StatusOr<Statement*> Writer::StatementFor(const Operation& operation) {
  shape_.clear();
  AppendShape(operation, shape_);
  if (const auto found = statements_.find(shape_); found != statements_.end())
    return found->second.get();
  const auto key = primary_keys_.find(Abs(operation.table));
  if (key == primary_keys_.end()) return absl::InternalError(StrCat("no table ", operation.table));
  PARLEY_TRY(auto statement, connection_->PrepareOwn(Write(operation, key->second)));
  return statements_.emplace(shape_, std::move(statement)).first->second.get();
}

absl::StatusOr<std::vector<StreamState>> Writer::TakeOver(std::string_view service,
                                                          absl::Span<const Partition> partitions) {
  absl::MutexLock lock(&mutex_);
  std::vector<StreamState> states;
  PARLEY_RETURN_IF_ERROR(connection_->Run("BEGIN IMMEDIATE"));
  for (const Partition partition : partitions) {
    auto state = TakeOverOne(service, partition);
    if (!state.ok()) {
      RollBack();
      return state.status();
    }
    states.push_back(*state);
  }
  if (const absl::Status status = connection_->Run("COMMIT"); !status.ok()) {
    RollBack();
    return status;
  }
  return states;
}

absl::StatusOr<StreamState> Writer::TakeOverOne(std::string_view service, Partition partition) {
  PARLEY_TRY(Statement* const statement, connection_->Prepare(kTakeOver));
  statement->Bind(0, partition);
  statement->Bind(1, service);
  const int result = statement->Step();
  const StreamState state{sqlite3_column_int64(statement->get(), 0),
                          sqlite3_column_int64(statement->get(), 1)};
  const absl::Status status = result == SQLITE_ROW ? absl::OkStatus() : connection_->Error(result);
  statement->Reset();
  PARLEY_RETURN_IF_ERROR(status);
  return state;
}

// SQLite has rolled back by itself after some errors; then there is nothing left to do.
void Writer::RollBack() {
  connection_->Run("ROLLBACK").IgnoreError();
}

}  // namespace parley::store::sqlite
