#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/event/received_pdu.h"
#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"
#include "services/events/graph/peers.h"
#include "services/events/graph/receive.h"

namespace parley {
class WorkPool;
}

namespace parley::events {

// The graph of rooms that other servers share: takes in what they send, and fetches what is missing
// before it.
//
// An event whose past is not here is kept (events_waiting) before it is acknowledged, and looked
// after on threads of this object, one room at a time on each: no room waits for the past of
// another. Threads: any. Lifetime: borrows the context.
class Graph {
 public:
  // `threads` 0: what is missing is fetched by FetchAll only (tests).
  explicit Graph(const Context& context, int threads = 4);
  ~Graph();

  absl::StatusOr<v1::ReceivePdusResponse> ReceivePdus(const rpc::Call& call,
                                                      const v1::ReceivePdusRequest& request);

  // Looks after all rooms in which something waits, at the start and now and then.
  void FetchAll(const rpc::Call& call);

  // Fetches history of `room_id` before `event_id`, whose prev_events are not all here. How many
  // events are new.
  absl::StatusOr<size_t> Backfill(const rpc::Call& call, const std::string& room_id,
                                  const EventId& event_id);

  Settler& settler() { return settler_; }

 private:
  struct Looked;

  void WakeFetcher(const std::string& room_id);
  void Fetch(const rpc::Call& call, const std::string& room_id);
  absl::Status FetchOnce(const rpc::Call& call, const std::string& room_id);
  // Asks for the events between those that were looked at and the forward extremities.
  absl::Status FillGap(const Peers& peers, const Room& room, const std::string& origin,
                       Looked& looked);
  absl::Status KeepWaiting(const Room& room, const std::string& origin,
                           const std::vector<const event::VerifiedPdu*>& events);
  absl::Status Forget(const Room& room, const std::vector<std::string>& event_ids);
  // The state after `id`, with all that it needs stored. Nothing if nobody tells.
  absl::StatusOr<ToldState> FetchState(const rpc::Call& call, const Peers& peers,
                                       std::string_view origin, const Room& room,
                                       const EventId& id);
  absl::StatusOr<ToldState> FetchStateFrom(const rpc::Call& call, const Peers& peers,
                                           const std::string& server, const Room& room,
                                           const EventId& id);
  absl::StatusOr<std::vector<EventId>> NotHere(const Room& room, const std::vector<EventId>& ids,
                                               bool outliers_count);
  absl::StatusOr<std::vector<EventId>> Extremities(const std::string& room_id);
  bool GiveUp(const WaitingRow& row);

  const Context& context_;
  Settler settler_;
  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> fetching_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, int> attempts_ ABSL_GUARDED_BY(mutex_);  // by event id
  std::unique_ptr<WorkPool> pool_;
};

}  // namespace parley::events
