#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/store/chains.h"
#include "common/store/committer.h"
#include "common/store/schema.h"
#include "common/store/sqlite/connection.h"

namespace parley::store::sqlite {

// The one connection that writes. A group of batches becomes one transaction; when a batch fails
// for a reason of its own, the group is written again with a savepoint around each, so that only
// the guilty fail.
//
// Threads: safe from any, one transaction at a time.
class Writer final : public CommitEngine {
 public:
  Writer(std::unique_ptr<Connection> connection, const std::vector<Migration>& migrations);

  void Apply(absl::Span<CommitJob> jobs) override;

  // As Store::TakeOver.
  absl::StatusOr<std::vector<StreamState>> TakeOver(std::string_view service,
                                                    absl::Span<const Partition> partitions);

 private:
  enum class Mode { kTogether, kOneByOne };

  // Writes all jobs and commits. False when the transaction was rolled back and nothing is decided.
  bool TryApply(absl::Span<CommitJob> jobs, Mode mode);
  absl::Status ApplyGuarded(const CommitJob& job);
  absl::Status ApplyJob(const CommitJob& job);
  absl::Status CheckFence(const Fence& fence);
  absl::Status Execute(const Operation& operation);
  template <class Cell>
  absl::Status ExecuteRow(Statement& statement, absl::Span<const Cell> row);
  absl::StatusOr<Statement*> StatementFor(const Operation& operation);
  absl::StatusOr<StreamState> TakeOverOne(std::string_view service, Partition partition);
  void Refuse(CommitJob& job, const absl::Status& status);
  void RollBack();

  absl::Mutex mutex_;
  std::unique_ptr<Connection> connection_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::vector<std::string>> primary_keys_;
  absl::flat_hash_map<std::string, std::unique_ptr<Statement>> statements_ ABSL_GUARDED_BY(mutex_);
  BrokenChains broken_chains_ ABSL_GUARDED_BY(mutex_);
  std::string shape_ ABSL_GUARDED_BY(mutex_);  // kept for its capacity
};

}  // namespace parley::store::sqlite
