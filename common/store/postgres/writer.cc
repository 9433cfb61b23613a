#include "common/store/postgres/writer.h"

#include <algorithm>
#include <map>
#include <utility>

#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/store/postgres/render.h"

namespace parley::store::postgres {
namespace {

constexpr int kAttempts = 8;
// How long a group is tried again after a broken connection or a failed serialization.
constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr absl::Duration kPause = absl::Milliseconds(50);

// Divides by zero when a stream was not where its fence said: then the transaction ends there.
constexpr std::string_view kMove =
    "WITH moved AS (UPDATE streams t SET head = r.c4 FROM unnest($1::bigint[], $2::bytea[], "
    "$3::bigint[], $4::bigint[], $5::bigint[]) AS r(c0, c1, c2, c3, c4) WHERE t.p = r.c0 AND "
    "t.service = r.c1 AND t.epoch = r.c2 AND t.head = r.c3 RETURNING 1) "
    "SELECT 1 / (count(*) = $6)::int FROM moved";
constexpr std::string_view kTakeOver =
    "INSERT INTO streams (p, service, epoch, head) SELECT r.p, $2, 1, 0 FROM unnest($1::bigint[]) "
    "AS r(p) ORDER BY r.p ON CONFLICT (p, service) DO UPDATE SET epoch = streams.epoch + 1 "
    "RETURNING p, epoch, head";

absl::Status FenceLost(const Fence& fence) {
  return absl::AbortedError(
      StrCat("the fence of ", fence.service, "/", fence.partition, " does not hold"));
}

std::string ArrayOf(const std::vector<Value>& values, Type type) {
  std::vector<const Value*> cells;
  for (const Value& value : values) cells.push_back(&value);
  return type == Type::kInteger ? IntegerArray(cells) : BytesArray(cells);
}

}  // namespace

Writer::Writer(Connector& connector, std::unique_ptr<Connection> connection,
               const std::vector<Migration>& migrations)
    : connector_(connector), schema_(migrations), connection_(std::move(connection)) {}

void Writer::Apply(absl::Span<CommitJob> jobs) {
  absl::MutexLock lock(&mutex_);
  if (!ApplyTogether(jobs)) ApplyOneByOne(jobs);
}

bool Writer::ApplyTogether(absl::Span<CommitJob> jobs) {
  Moves moves;
  Merger merger(schema_);
  if (!Plan(jobs, moves, merger)) return false;
  const absl::Status status = CommitSurely(moves, merger);
  if (absl::IsUnavailable(status)) RefuseAll(jobs, status);
  return status.ok() || absl::IsUnavailable(status);
}

bool Writer::Plan(absl::Span<CommitJob> jobs, Moves& moves, Merger& merger) {
  for (CommitJob& job : jobs) {
    job.result = absl::OkStatus();
    if (const absl::Status refusal = Refusal(job); !refusal.ok()) {
      Refuse(job, refusal);
      continue;
    }
    if (job.fence && !moves.Add(*job.fence)) return false;
    merger.Add(job.batch);
  }
  return true;
}

absl::Status Writer::Refusal(const CommitJob& job) const {
  if (job.fence && broken_chains_.IsBroken(*job.fence)) return FenceLost(*job.fence);
  return schema_.Check(job.batch);
}

absl::Status Writer::CommitSurely(const Moves& moves, const Merger& merger) {
  PARLEY_RETURN_IF_ERROR(Ready());
  const absl::Time deadline = absl::Now() + kPatience;
  absl::Status status;
  do {
    status = CommitOnce(moves, merger);
    if (absl::IsUnavailable(status) && !connection_->usable()) {
      const Fate fate = FindOut(moves, deadline);
      if (fate == Fate::kCommitted) return absl::OkStatus();
      if (fate == Fate::kUnknown) return status;
    } else if (!absl::IsAborted(status)) {
      return status;
    }
  } while (absl::Now() < deadline);
  return absl::UnavailableError(status.message());
}

absl::Status Writer::CommitOnce(const Moves& moves, const Merger& merger) {
  PARLEY_RETURN_IF_ERROR(connection_->Queue("BEGIN"));
  PARLEY_RETURN_IF_ERROR(QueueMoves(moves));
  PARLEY_RETURN_IF_ERROR(QueueWrites(merger));
  PARLEY_RETURN_IF_ERROR(connection_->Queue("COMMIT"));
  const absl::Status status = connection_->Collect().status();
  if (!status.ok() && connection_->usable()) connection_->Ask("ROLLBACK").IgnoreError();
  return status;
}

Writer::Fate Writer::FindOut(const Moves& moves, absl::Time deadline) {
  for (; absl::Now() < deadline; absl::SleepFor(kPause)) {
    if (!Ready().ok()) continue;
    if (const auto fate = FateOf(moves); fate.ok()) return *fate;
  }
  return Fate::kUnknown;
}

// The row's lock makes the question wait for a transaction that is still under way.
absl::StatusOr<Writer::Fate> Writer::FateOf(const Moves& moves) {
  for (const auto& [stream, move] : moves.all()) {
    if (move.to == move.from) continue;
    const std::vector<Arg> args = {stream.first, stream.second};
    PARLEY_TRY(
        const Answer answer,
        connection_->Ask("SELECT epoch, head FROM streams WHERE p = $1 AND service = $2 FOR UPDATE",
                         Params(absl::MakeConstSpan(args))));
    StreamState state;
    answer.ForEach([&](const Row& row) { state = {row.Int(0), row.Int(1)}; });
    if (state.head < move.to) return Fate::kNotCommitted;
    return state.epoch == move.epoch ? Fate::kCommitted : Fate::kUnknown;
  }
  return Fate::kUnknown;
}

void Writer::ApplyOneByOne(absl::Span<CommitJob> jobs) {
  absl::Status status = Ready();
  if (status.ok()) status = connection_->Ask("BEGIN").status();
  for (size_t i = 0; i < jobs.size() && status.ok(); ++i) {
    jobs[i].result = absl::OkStatus();
    absl::Status result = Refusal(jobs[i]);
    if (result.ok()) result = ApplyGuarded(jobs[i]);
    if (absl::IsUnavailable(result)) status = result;
    if (!result.ok()) Refuse(jobs[i], result);
  }
  if (status.ok()) status = connection_->Ask("COMMIT").status();
  if (status.ok()) return;
  if (connection_ && connection_->usable()) connection_->Ask("ROLLBACK").IgnoreError();
  for (CommitJob& job : jobs) job.result = absl::OkStatus();
  RefuseAll(jobs, status);
}

absl::Status Writer::ApplyGuarded(const CommitJob& job) {
  Moves moves;
  if (job.fence) moves.Add(*job.fence);
  Merger merger(schema_);
  merger.Add(job.batch);
  PARLEY_RETURN_IF_ERROR(connection_->Queue("SAVEPOINT batch"));
  PARLEY_RETURN_IF_ERROR(QueueMoves(moves));
  PARLEY_RETURN_IF_ERROR(QueueWrites(merger));
  PARLEY_RETURN_IF_ERROR(connection_->Queue("RELEASE SAVEPOINT batch"));
  const absl::Status status = connection_->Collect().status();
  if (status.ok() || absl::IsUnavailable(status)) return status;
  PARLEY_RETURN_IF_ERROR(connection_->Ask("ROLLBACK TO SAVEPOINT batch").status());
  if (absl::IsAborted(status)) return absl::UnavailableError(status.message());
  if (absl::IsOutOfRange(status) && job.fence) return FenceLost(*job.fence);
  return status;
}

absl::Status Writer::QueueMoves(const Moves& moves) {
  if (moves.all().empty()) return absl::OkStatus();
  std::vector<Value> partitions, services, epochs, from, to;
  for (const auto& [stream, move] : moves.all()) {
    partitions.emplace_back(stream.first);
    services.emplace_back(stream.second);
    epochs.emplace_back(move.epoch);
    from.emplace_back(move.from);
    to.emplace_back(move.to);
  }
  Params params;
  params.AddIntegers(ArrayOf(partitions, Type::kInteger));
  params.AddByteStrings(ArrayOf(services, Type::kBytes));
  for (const auto* numbers : {&epochs, &from, &to}) {
    params.AddIntegers(ArrayOf(*numbers, Type::kInteger));
  }
  params.AddInteger(static_cast<int64_t>(moves.all().size()));
  return connection_->Queue(kMove, params);
}

absl::Status Writer::QueueWrites(const Merger& merger) {
  for (const MergedWrite& write : merger.writes()) {
    const std::vector<Type> types = schema_.Types(*write.shape);
    Params params;
    for (size_t i = 0; i < types.size(); ++i) {
      if (types[i] == Type::kInteger) {
        params.AddIntegers(IntegerArray(write.columns[i]));
      } else {
        params.AddByteStrings(BytesArray(write.columns[i]));
      }
    }
    PARLEY_RETURN_IF_ERROR(connection_->Queue(TextOf(*write.shape), params));
  }
  return absl::OkStatus();
}

const std::string& Writer::TextOf(const Operation& operation) {
  std::string shape =
      StrCat(static_cast<int>(operation.kind), ",", operation.key_columns, ",", operation.table);
  for (const std::string_view column : operation.columns) StrAppend(&shape, ",", column);
  std::string& text = texts_[shape];
  if (text.empty()) {
    text = Write(operation, schema_.Types(operation), schema_.PrimaryKey(operation.table));
  }
  return text;
}

absl::Status Writer::Ready() {
  if (connection_ && connection_->usable()) return absl::OkStatus();
  PARLEY_TRY(connection_, connector_.Connect());
  return absl::OkStatus();
}

void Writer::Refuse(CommitJob& job, const absl::Status& status) {
  if (job.result.ok()) job.result = status;
  if (job.fence) broken_chains_.Break(*job.fence);
}

void Writer::RefuseAll(absl::Span<CommitJob> jobs, const absl::Status& status) {
  for (CommitJob& job : jobs) Refuse(job, absl::UnavailableError(status.message()));
}

absl::StatusOr<std::vector<StreamState>> Writer::TakeOver(std::string_view service,
                                                          absl::Span<const Partition> partitions) {
  absl::MutexLock lock(&mutex_);
  std::vector<Value> numbers;
  for (const Partition partition : partitions) numbers.emplace_back(partition);
  Params params;
  params.AddIntegers(ArrayOf(numbers, Type::kInteger));
  params.AddBytes(service);
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    PARLEY_RETURN_IF_ERROR(Ready());
    const auto answer = connection_->Ask(kTakeOver, params);
    status = answer.status();
    if (!status.ok() && !absl::IsAborted(status)) return status;
    if (!status.ok()) continue;
    std::map<Partition, StreamState> states;
    answer->ForEach([&](const Row& row) {
      states[static_cast<Partition>(row.Int(0))] = {row.Int(1), row.Int(2)};
    });
    std::vector<StreamState> ordered;
    for (const Partition partition : partitions) ordered.push_back(states[partition]);
    return ordered;
  }
  return absl::UnavailableError(status.message());
}

}  // namespace parley::store::postgres
