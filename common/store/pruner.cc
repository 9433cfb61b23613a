#include "common/store/pruner.h"

#include <optional>
#include <utility>

#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley::store {
namespace {

// A partition of a table, and the time from which on its rows stay.
struct Field {
  const Retention& retention;
  Partition partition;
  int64_t cutoff;
};

absl::StatusOr<int64_t> ReadInt(Store& store, const std::string& sql,
                                std::initializer_list<Arg> args, int64_t otherwise) {
  int64_t answer = otherwise;
  PARLEY_RETURN_IF_ERROR(store.Read([&](Reader& reader) -> absl::Status {
    PARLEY_TRY(const auto found, reader.QueryInt(sql, args));
    answer = found.value_or(otherwise);
    return absl::OkStatus();
  }));
  return answer;
}

absl::StatusOr<int64_t> CountOld(Store& store, const Field& field, int64_t limit) {
  const Retention& r = field.retention;
  return ReadInt(store,
                 StrCat("SELECT count(*) FROM (SELECT 1 FROM ", r.table, " WHERE p = $1 AND ",
                        r.column, " < $2 LIMIT $3) AS old"),
                 {field.partition, field.cutoff, limit}, 0);
}

// Where the slice that begins with the oldest row ends; all rows of its last millisecond go with
// it.
absl::StatusOr<int64_t> SliceEnd(Store& store, const Field& field, int64_t rows) {
  const Retention& r = field.retention;
  PARLEY_TRY(const int64_t last,
             ReadInt(store,
                     StrCat("SELECT ", r.column, " FROM ", r.table, " WHERE p = $1 AND ", r.column,
                            " < $2 ORDER BY ", r.column, " LIMIT 1 OFFSET $3"),
                     {field.partition, field.cutoff, rows - 1}, field.cutoff - 1));
  return last + 1;
}

absl::StatusOr<int64_t> PrunePartition(Store& store, const Field& field, int64_t slice_rows) {
  int64_t deleted = 0;
  for (;;) {
    PARLEY_TRY(const int64_t old, CountOld(store, field, slice_rows));
    if (old == 0) return deleted;
    PARLEY_TRY(const int64_t end, SliceEnd(store, field, slice_rows));
    Batch batch;
    batch.DeleteRange(field.retention.table, {{"p", field.partition}}, field.retention.column,
                      INT64_MIN, end);
    PARLEY_RETURN_IF_ERROR(store.Commit(std::move(batch)));
    deleted += old;
  }
}

}  // namespace

absl::Status Prune(Store& store, Probe& probe, const Retention& retention,
                   const PrunerOptions& options, absl::Time now) {
  int64_t deleted = 0;
  int64_t left = 0;
  const std::string count = StrCat("SELECT count(*) FROM ", retention.table, " WHERE p = $1");
  for (Partition p = 0; p < options.partitions; ++p) {
    const Field field{retention, p, absl::ToUnixMillis(now - retention.keep)};
    PARLEY_TRY(const int64_t gone, PrunePartition(store, field, options.slice_rows));
    PARLEY_TRY(const int64_t stayed, ReadInt(store, count, {p}, 0));
    deleted += gone;
    left += stayed;
  }
  probe.Pruned(retention.table, deleted, left);
  return absl::OkStatus();
}

Pruner::Pruner(Store& store, const Clock& clock, Probe& probe, std::vector<Retention> retentions,
               PrunerOptions options)
    : store_(store),
      clock_(clock),
      probe_(probe),
      retentions_(std::move(retentions)),
      options_(options),
      thread_([this] { Run(); }) {}

Pruner::~Pruner() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

// A pass that fails is only late: the next one finds the same rows.
void Pruner::Run() {
  for (;;) {
    for (const Retention& retention : retentions_) {
      Prune(store_, probe_, retention, options_, clock_.Now()).IgnoreError();
    }
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), options_.period)) return;
  }
}

}  // namespace parley::store
