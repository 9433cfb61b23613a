#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "common/store/chains.h"
#include "common/store/committer.h"
#include "common/store/postgres/connector.h"
#include "common/store/postgres/merge.h"
#include "common/store/schema.h"

namespace parley::store::postgres {

// The one connection that writes. A group of batches travels as one pipeline: begin, the fences,
// one statement for each shape of write, commit; one round trip. When a batch fails for a reason of
// its own, the group is written again with a savepoint around each, so that only the guilty fail.
//
// When the connection breaks after the commit was sent, the heads of the group's streams tell
// whether it happened; if it did not, the group is sent again.
//
// Threads: safe from any, one transaction at a time.
class Writer final : public CommitEngine {
 public:
  // `connector` outlives the writer.
  Writer(Connector& connector, std::unique_ptr<Connection> connection,
         const std::vector<Migration>& migrations);

  void Apply(absl::Span<CommitJob> jobs) override;

  // As Store::TakeOver.
  absl::StatusOr<std::vector<StreamState>> TakeOver(std::string_view service,
                                                    absl::Span<const Partition> partitions);

 private:
  enum class Fate { kCommitted, kNotCommitted, kUnknown };

  // False when the jobs must be written one by one; otherwise each has its result.
  bool ApplyTogether(absl::Span<CommitJob> jobs);
  // False when the fences in the group do not follow each other.
  bool Plan(absl::Span<CommitJob> jobs, Moves& moves, Merger& merger);
  // Repeats what a repetition may cure, and what a broken connection left undone.
  absl::Status CommitSurely(const Moves& moves, const Merger& merger);
  absl::Status CommitOnce(const Moves& moves, const Merger& merger);
  // Of a group whose connection broke while it was committed.
  Fate FindOut(const Moves& moves, absl::Time deadline);
  absl::StatusOr<Fate> FateOf(const Moves& moves);

  void ApplyOneByOne(absl::Span<CommitJob> jobs);
  absl::Status ApplyGuarded(const CommitJob& job);
  // Why a job is not even tried.
  absl::Status Refusal(const CommitJob& job) const;

  absl::Status QueueMoves(const Moves& moves);
  absl::Status QueueWrites(const Merger& merger);
  const std::string& TextOf(const Operation& operation);
  absl::Status Ready();
  void Refuse(CommitJob& job, const absl::Status& status);
  void RefuseAll(absl::Span<CommitJob> jobs, const absl::Status& status);

  Connector& connector_;
  const Schema schema_;
  absl::Mutex mutex_;
  std::unique_ptr<Connection> connection_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::string> texts_ ABSL_GUARDED_BY(mutex_);
  BrokenChains broken_chains_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::store::postgres
