#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "common/event/received_pdu.h"
#include "common/rpc/call.h"
#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"
#include "services/events/graph/place.h"
#include "services/events/graph/standings.h"
#include "services/events/room_write.h"

namespace parley::events {

// What became of one event that was handed in.
struct Settled {
  enum class Kind {
    kKnown,     // it was here before
    kAccepted,  // in the room's timeline
    kHidden,    // rejected or soft-failed
    kMissing,   // some of its past is not here: `missing`
  };
  Kind kind = Kind::kKnown;
  std::vector<EventId> missing_prevs;
  std::vector<EventId> missing_auth;
};

// The state after an event that is not here, as another server told it: by entry the id of a stored
// event.
struct ToldState {
  EventId after;
  event::StateMap state;
};

// Verified events of one room into its graph, each upon its prev_events, in whatever order they
// came. Nothing here waits for other servers. Server-server API, "Checks performed on receipt of a
// PDU".
//
// Threads: any; events of one room enter one after another. Lifetime: borrows the context.
class Settler {
 public:
  explicit Settler(const Context& context) : context_(context) {}

  // In the order of `events`. With `told`, events whose prev_events are named there stand on these
  // states.
  absl::StatusOr<std::vector<Settled>> Settle(const rpc::Call& call, const std::string& room_id,
                                              const std::vector<event::VerifiedPdu>& events,
                                              const std::vector<ToldState>& told = {},
                                              bool relayed = false);
  // One event that was given to us alone: all other servers of the room get it from us. M_FORBIDDEN when the room does not
  // allow it, M_NOT_FOUND when it stands on events that are not here.
  absl::Status SettleAndPassOn(const rpc::Call& call, const event::VerifiedPdu& event);

  // History, oldest first: events that stand in the room's order right before `before`. Those whose
  // past is missing and not told are left out. Returns how many were new.
  absl::StatusOr<size_t> SettleHistory(const rpc::Call& call, const std::string& room_id,
                                       const std::vector<event::VerifiedPdu>& events,
                                       const std::vector<ToldState>& told, const EventId& before);

  // State and auth chain of others: judged by their own auth events, which are here or among them.
  // Those of which an auth event is missing are left out.
  absl::Status StoreOutliers(const rpc::Call& call, const std::string& room_id,
                             const std::vector<event::VerifiedPdu>& events);

 private:
  class Session;

  absl::Status CloseGap(const Room& room, const EventRow& end);
  absl::Mutex& InboxOf(std::string_view room_id);

  const Context& context_;
  Standings standings_;
  std::array<absl::Mutex, 64> inboxes_;
};

}  // namespace parley::events
