#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/rpc/call.h"
#include "common/runtime/timer_wheel.h"
#include "common/runtime/work_pool.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/calls/v1/calls.parley.h"
#include "parley/events/v1/events.parley.h"
#include "services/calls/config.h"
#include "services/calls/metrics.h"
#include "services/calls/send_limits.h"
#include "services/calls/store.h"

namespace parley::calls {

// Events that are sent later (MSC4140). Each is in the store before its id is handed out. Before
// one is sent, "firing" is committed: from then on it can't be restarted. The send's transaction id
// is the delay id, so that a crash at any point sends it once. Memory holds what is scheduled,
// without its content.
//
// Threads: safe from any; calls block for a commit. Lifetime: borrows all of Deps, until Stop or
// the destructor.
class DelayedEvents {
 public:
  struct Deps {
    store::Store& store;
    stream::Streams& streams;
    events::EventsService& events;
    const Clock& clock;
    Rng& rng;
    const Metrics& metrics;
  };

  DelayedEvents(const Config& config, Deps deps);
  ~DelayedEvents();

  // Reads what is scheduled in partitions whose streams are open here, and forgets it.
  absl::Status Open(absl::Span<const Partition> opened);
  void Close(absl::Span<const Partition> closed);
  // Begins to send what is due.
  void Start();

  // M_MAX_DELAY_EXCEEDED, M_INVALID_PARAM, M_LIMIT_EXCEEDED.
  absl::StatusOr<std::string> Schedule(const ScheduleDelayedRequest& request);
  // M_NOT_FOUND; 409 M_UNKNOWN when it has had another outcome. One commit.
  absl::Status Restart(const std::string& delay_id);
  absl::Status Cancel(const std::string& delay_id);
  // The error of the send, if it fails: then it stays scheduled.
  absl::Status SendNow(const rpc::Call& call, const std::string& delay_id);

  // As JSON objects, by their send times. M_INVALID_PARAM for a `from` that is none of ours.
  absl::StatusOr<ListDelayedResponse> List(const ListDelayedRequest& request);

  // Forgets outcomes that are too old.
  void Prune();

  size_t scheduled() const;

 private:
  // All but the content.
  using Entry = DelayedRow;

  // The id that this request was given before.
  absl::StatusOr<std::optional<std::string>> FindTwin(const Entry& entry) const;
  absl::StatusOr<std::string> ScheduleNew(Entry entry);
  // Counts it with its user. M_LIMIT_EXCEEDED.
  absl::Status Keep(const Entry& entry);
  void Drop(const std::string& delay_id);
  void DropLocked(const std::string& delay_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes a scheduled event out of the wheel for this step; nothing when it is not scheduled.
  std::optional<Entry> Claim(const std::string& delay_id, DelayedStatus step);
  // Puts it back as it was, due at its own time or at `not_before`; drops it when its partition is
  // not owned any more: the store has it for the next owner.
  void Release(Entry entry, absl::Time not_before = absl::InfinitePast());
  // Of an action on what is not scheduled: success if that was its outcome.
  absl::Status Judge(const std::string& delay_id, DelayedStatus wanted) const;

  absl::Status Commit(Partition p, store::Batch batch);
  absl::Status Write(const Entry& entry);
  // Its outcome, for good.
  absl::Status Finish(Entry entry, const absl::StatusOr<std::string>& event_id);

  void Run();
  void FireDue();
  // Commits "firing" for many of a partition at once, then sends each.
  void Fire(Partition p, std::vector<Entry> entries);
  void PostSend(Entry entry);
  void SendDue(const Entry& entry);
  absl::StatusOr<std::string> Send(const rpc::Call& call, const Entry& entry);

  const Config& config_;
  const Deps deps_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, size_t> per_user_ ABSL_GUARDED_BY(mutex_);
  // Transactions that are being scheduled.
  absl::flat_hash_set<std::string> arriving_ ABSL_GUARDED_BY(mutex_);
  SendLimits limits_ ABSL_GUARDED_BY(mutex_);
  TimerWheel<std::string> wheel_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  WorkPool pool_;
  std::thread thread_;
};

}  // namespace parley::calls
