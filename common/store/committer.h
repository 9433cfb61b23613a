#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/store/probe.h"
#include "common/store/store.h"

namespace parley::store {

// A queued batch on its way to the disk. `result` is set by the engine.
struct CommitJob {
  Batch batch;
  std::optional<Fence> fence;
  CommitDone done;
  size_t bytes = 0;
  absl::Status result;
};

// What an engine does for the committer: write the jobs in their order in one synced transaction,
// each whole or not at all, and leave in each its result. Called by one thread at a time.
class CommitEngine {
 public:
  virtual ~CommitEngine() = default;
  virtual void Apply(absl::Span<CommitJob> jobs) = 0;
};

struct CommitterOptions {
  size_t max_queued_batches = 16384;
  size_t max_queued_bytes = 256 << 20;
  size_t max_merged_batches = 256;
  size_t max_merged_bytes = 8 << 20;
};

// Group commit: one thread takes all that waits (up to a bound) as soon as it is free, has the
// engine write it as one transaction, then tells each its outcome, in order. No delay is ever
// added: under load the queue itself makes the groups.
//
// Threads: Enqueue from any. Lifetime: borrows engine and probe; the destructor completes what is
// queued.
class Committer {
 public:
  Committer(CommitEngine& engine, Probe& probe, CommitterOptions options);
  ~Committer();

  // As Store::Enqueue.
  absl::Status Enqueue(Batch batch, std::optional<Fence> fence, CommitDone done);

 private:
  void Run();
  bool HasWork() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !queue_.empty(); }
  // Empty when the committer is to stop.
  std::vector<CommitJob> TakeGroup(size_t& left);
  void Finish(std::vector<CommitJob> group);

  CommitEngine& engine_;
  Probe& probe_;
  const CommitterOptions options_;

  absl::Mutex mutex_;
  std::deque<CommitJob> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace parley::store
