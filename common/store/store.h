#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/any_invocable.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "common/base/partition.h"
#include "common/store/batch.h"
#include "common/store/reader.h"

namespace parley::store {

// Proof inside the committing transaction that the writer still owns the partition, together with
// the move of its stream's head: UPDATE streams SET head = new WHERE service AND p AND epoch = mine
// AND head = old. When there is no such row, nothing of the batch is written.
struct Fence {
  std::string_view service;  // a literal: the name of the stream
  Partition partition = 0;
  int64_t epoch = 0;
  int64_t old_head = 0;
  int64_t new_head = 0;  // equal to old_head for writes that followers need not see
  // Batches of one chain build on each other: when one fails, those behind it that carry its number
  // (or a lower one) fail with Aborted too, also where the heads would fit. Whoever has taken note
  // of a failure goes on with a higher number.
  int64_t chain = 0;
};

// The row that a fence compares with.
struct StreamState {
  int64_t epoch = 0;
  int64_t head = 0;
};

// Called once, when the outcome of a commit is known:
// - OK: written and synced to disk;
// - Aborted: the fence did not hold, nothing was written;
// - AlreadyExists: an Insert met a row that was there, nothing was written;
// - Unavailable: the disk or server failed; not written, unless a crash follows: it may be kept
// then;
// - Internal: the batch does not fit the schema, nothing was written.
using CommitDone = absl::AnyInvocable<void(absl::Status)>;

// The truth of a process: tables of all its services, one stream head for each (service,
// partition).
//
// Threads: every method may be called from any. Lifetime: outlives all that holds it; the
// destructor completes what is queued. Writes are blind batches, merged by one committer into
// synced transactions in the order of Enqueue; reads see committed data only.
class Store {
 public:
  virtual ~Store() = default;

  // Queues a batch and returns at once; the queue's order is the order of commits. `done` runs on
  // the committer's thread, in commit order: it must be quick and must not wait for another commit.
  // ResourceExhausted when the queue is full: then nothing is queued and `done` is not called.
  virtual absl::Status Enqueue(Batch batch, std::optional<Fence> fence, CommitDone done) = 0;

  // Enqueue, and wait for the outcome. Never from a CommitDone or inside a lane.
  absl::Status Commit(Batch batch, std::optional<Fence> fence = std::nullopt);

  // Runs `read` on one snapshot; returns its status. Waits for a free connection when all are
  // reading: don't nest, and don't wait for a commit inside.
  virtual absl::Status Read(absl::FunctionRef<absl::Status(Reader&)> read) = 0;

  // Makes this process the owner of these partitions' streams: raises each epoch, so that whoever
  // owned them fails its next fence. Returns their state in the order asked; a stream that never
  // was begins at head 0.
  virtual absl::StatusOr<std::vector<StreamState>> TakeOver(
      std::string_view service, absl::Span<const Partition> partitions) = 0;

  // Random, made with the store; part of every sync token. A copy restored from a backup must get
  // another: RenewIncarnation of its engine.
  virtual uint64_t incarnation() const = 0;
};

// The stream's row in this snapshot; zeros if it never was. Lets a difference carry the head its
// rows were read at.
absl::StatusOr<StreamState> ReadStream(Reader& reader, std::string_view service,
                                       Partition partition);

}  // namespace parley::store
