#pragma once

#include <memory>
#include <string>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <absl/types/span.h>

#include "common/base/clock.h"
#include "common/base/rng.h"
#include "common/bus/bus.h"
#include "common/metrics/registry.h"
#include "common/runtime/periodic.h"
#include "common/store/store.h"
#include "common/stream/writer.h"
#include "parley/calls/v1/calls.parley.h"
#include "parley/events/v1/events.parley.h"
#include "services/calls/call_board.h"
#include "services/calls/config.h"
#include "services/calls/delayed_events.h"
#include "services/calls/follower.h"
#include "services/calls/metrics.h"

namespace parley::calls {

// The contract's calls. Threads: every method from any thread. Lifetime: borrows config and all of
// Deps. Owns: the delayed events, the ephemeral stream "calls" of every partition.
class Service final : public CallsService {
 public:
  struct Deps {
    store::Store& store;
    bus::Bus& bus;
    events::EventsService& events;
    const Clock& clock;
    Rng& rng;
    metrics::Registry& registry;
  };

  // Owns everything.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, Deps deps);
  // Owns nothing until OpenPartitions.
  Service(const Config& config, Deps deps);

  // Takes the partitions over, reads what is scheduled, and has the calls of their rooms read.
  absl::Status OpenPartitions(absl::Span<const Partition> opened);
  // Forgets them. A delayed event that is being sent is left to the next owner: it is sent once.
  void ClosePartitions(absl::Span<const Partition> closed);
  // Begins to follow rooms and to send what is due; `events` can be called by now.
  void Start();
  // What time alone changes; runs once a second by itself, tests call it.
  void Tick();

  absl::StatusOr<GetTurnServerResponse> GetTurnServer(const rpc::Call& call,
                                                      const GetTurnServerRequest& request) override;
  absl::StatusOr<GetRtcTransportsResponse> GetRtcTransports(
      const rpc::Call& call, const GetRtcTransportsRequest& request) override;
  absl::StatusOr<GetRoomCallsResponse> GetRoomCalls(const rpc::Call& call,
                                                    const GetRoomCallsRequest& request) override;
  absl::StatusOr<ReadSinceResponse> ReadSince(const rpc::Call& call,
                                              const ReadSinceRequest& request) override;
  absl::StatusOr<common::v1::HeadsResponse> Heads(const rpc::Call& call,
                                                  const common::v1::HeadsRequest& request) override;
  absl::StatusOr<ScheduleDelayedResponse> ScheduleDelayed(
      const rpc::Call& call, const ScheduleDelayedRequest& request) override;
  absl::StatusOr<UpdateDelayedResponse> UpdateDelayed(const rpc::Call& call,
                                                      const UpdateDelayedRequest& request) override;
  absl::StatusOr<ListDelayedResponse> ListDelayed(const rpc::Call& call,
                                                  const ListDelayedRequest& request) override;

 private:
  const Config& config_;
  const Deps deps_;
  const Metrics metrics_;
  stream::Streams streams_;
  CallBoard board_;
  DelayedEvents delayed_;
  absl::Time next_prune_;
  absl::Mutex mutex_;
  std::unique_ptr<Follower> follower_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Periodic> tick_;
};

}  // namespace parley::calls
