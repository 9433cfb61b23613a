#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/functional/any_invocable.h>
#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/base/partition.h"
#include "common/bus/bus.h"
#include "common/store/store.h"

namespace parley::stream {

// What one Append writes.
struct Appended {
  store::Batch batch;
  // Positions it takes: first, first + 1 …; 0 for a write that nobody follows (it is fenced all the
  // same).
  int64_t count = 1;
  // The key of the wake of each position, in order. Fewer: the last one serves for the rest. More:
  // all of them at the last position.
  std::vector<std::string> keys;
  // Runs once it is committed, before the head moves there and anybody is woken: what readers find
  // in memory must be there by then. On the committer's thread; quick. May be null.
  absl::AnyInvocable<void()> before_visible = nullptr;
};

// The one writer of a stream, (service, partition): gives positions without gaps in the order of
// commits.
//
// Appends are queued on top of each other before any is on disk. If one fails, all behind it fail
// too, the head is read again from the store, and owners drop what they built on the lost ones:
// OnReset. Until then Append answers Unavailable. When the fence shows that another process took
// the partition, or Close was called, Append answers WrongOwner, until Open.
//
// Threads: safe from any. Lifetime: borrows store and bus; the destructor waits for what is queued.
class StreamWriter {
 public:
  // Makes the rows of positions from `first` on. Runs under the stream's lock: in memory and quick.
  // An error leaves everything as it was and is what Append returns.
  using Build = absl::FunctionRef<absl::StatusOr<Appended>(int64_t first)>;
  // The outcome: the first position (the head, if the count is 0), or why nothing was written. On
  // the committer's thread, in order; quick; must not wait for a commit.
  using Done = absl::AnyInvocable<void(absl::StatusOr<int64_t>)>;

  // `service` is a literal: the stream's name in the store and on the bus. Most use Streams::Open
  // instead.
  StreamWriter(store::Store& store, bus::Bus& bus, std::string_view service, Partition partition,
               store::StreamState state);
  // The same, closed.
  StreamWriter(store::Store& store, bus::Bus& bus, std::string_view service, Partition partition);
  ~StreamWriter();

  // This process owns the partition from now on, by a TakeOver that answered `state`.
  void Open(store::StreamState state);
  // It does not any more. Returns when nothing is in flight; what was built under this ownership has
  // an older generation from now on.
  void Close();

  // Builds and queues; returns at once. When it returns an error, `done` is not called and nothing
  // has changed: ResourceExhausted (the store's queue is full), Unavailable (a reset is under way),
  // WrongOwner (the partition is lost), or the error of `build`. What `done` gets is in addition
  // AlreadyExists (an Insert met a row) and Internal.
  absl::Status Append(Build build, Done done);

  // Append, and wait for the outcome. Never inside a lane or a Done.
  absl::StatusOr<int64_t> AppendAndWait(Build build);

  // The same for what followers need not see: no position is taken, nobody is woken. `fill` runs
  // under the stream's lock, as a Build does.
  absl::Status CommitQuietly(absl::FunctionRef<void(store::Batch&)> fill);
  absl::Status CommitQuietly(store::Batch batch);

  // The last committed position. Lock-free.
  int64_t committed_head() const { return committed_head_.load(std::memory_order_acquire); }
  int64_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  // How many resets and changes of owner there were. State remembers the number it was built under; when Build finds
  // another, the state is stale and Build returns an error.
  int64_t generation() const { return generation_.load(std::memory_order_acquire); }
  bool lost() const;

  // Runs after a failed commit (on the committer's thread), when nothing is in flight and before
  // Append works again: drop memory built on what was not committed. May take lane locks (a lane
  // never waits for a commit). Set before use.
  void OnReset(std::function<void()> on_reset);

 private:
  enum class State { kOpen, kBroken, kLost };
  struct InFlight;

  absl::Status Queue(InFlight flight, store::Batch batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Refusal() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Completed(InFlight flight, absl::Status status);
  void Wake(const InFlight& flight);
  bool NeedsReset() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Reset();
  absl::Status AfterFailure(absl::Status status);

  store::Store& store_;
  bus::Bus& bus_;
  const std::string_view service_;
  const Partition partition_;
  std::atomic<int64_t> epoch_;
  std::atomic<int64_t> committed_head_;
  std::atomic<int64_t> generation_ = 0;
  std::function<void()> on_reset_;

  mutable absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kOpen;
  int64_t head_ ABSL_GUARDED_BY(mutex_);  // committed or queued
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
};

// The writers of all partitions of one service, of which this process owns some or all. The writer
// of a partition stays the same object, whoever owns it.
class Streams {
 public:
  // Takes all over: raises the epochs of partitions 0 … partitions - 1, so that whoever wrote them
  // before is fenced out.
  static absl::StatusOr<std::unique_ptr<Streams>> Open(store::Store& store, bus::Bus& bus,
                                                       std::string_view service,
                                                       uint32_t partitions);
  // Owns none.
  Streams(store::Store& store, bus::Bus& bus, std::string_view service, uint32_t partitions);

  // Takes these over, and closes them.
  absl::Status OpenPartitions(absl::Span<const Partition> opened);
  void ClosePartitions(absl::Span<const Partition> closed);
  // When they can be read here: of what the owner before has committed, it may not have told.
  void WakeFollowers(absl::Span<const Partition> opened);

  bool Owns(Partition partition) const { return !writers_[partition]->lost(); }
  std::vector<Partition> Owned() const;

  StreamWriter& For(Partition partition) { return *writers_[partition]; }
  uint32_t partitions() const { return static_cast<uint32_t>(writers_.size()); }
  // Of the partitions that it owns.
  std::vector<bus::Head> CommittedHeads() const;
  std::string_view service() const { return service_; }

 private:
  store::Store& store_;
  bus::Bus& bus_;
  const std::string_view service_;
  std::vector<std::unique_ptr<StreamWriter>> writers_;
};

}  // namespace parley::stream
