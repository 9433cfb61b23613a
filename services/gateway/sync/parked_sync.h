#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/time.h>

#include "common/http/server.h"
#include "common/rpc/call.h"
#include "common/runtime/work_pool.h"
#include "services/gateway/sync/difference_engine.h"
#include "services/gateway/sync/session.h"
#include "services/gateway/sync/sync_query.h"
#include "services/gateway/sync/timers.h"

namespace parley::gateway {

// One long poll: reads the difference, answers if there is news, and otherwise waits for a wake or its deadline without
// holding a thread. Register first, then read, then sleep: the session's wake count closes the gap between the read
// and the sleep.
//
// Threads: Start once; the rest is its own affair. Lifetime: keeps itself alive until it has answered or its client is gone.
class ParkedSync : public std::enable_shared_from_this<ParkedSync> {
 public:
  // Turns the difference into the body of the answer.
  using View = std::function<std::string(const Difference&)>;

  struct Deps {
    DifferenceEngine& engine;
    Timers& timers;
    WorkPool& pool;
    const std::atomic<bool>& ending;  // nothing waits any more
  };

  ParkedSync(Deps deps, rpc::Call call, SyncQuery query, std::shared_ptr<Session> session,
             View view, http::Responder responder, absl::Time deadline);

  // Runs the first read on the calling thread.
  void Start();

 private:
  void Run();
  // False: there was a wake in the meantime.
  bool Park(uint64_t seen);
  void Resume();
  // Takes its wake back from the session.
  void Unpark();
  // The client is gone.
  void Abandon();
  bool IsWorthAnswering(const Difference& difference) const;
  void Answer(const absl::StatusOr<Difference>& difference);

  const Deps deps_;
  rpc::Call call_;
  SyncQuery query_;
  const std::shared_ptr<Session> session_;
  const View view_;
  const absl::Time deadline_;

  absl::Mutex mutex_;
  // Absent once answered or abandoned.
  std::optional<http::Responder> responder_ ABSL_GUARDED_BY(mutex_);
  uint64_t timer_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t ticket_ ABSL_GUARDED_BY(mutex_) = 0;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace parley::gateway
