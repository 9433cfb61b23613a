#pragma once

#include <vector>

#include <absl/status/statusor.h>

#include "common/event/received_pdu.h"

namespace parley::events {

// A room as a resident server gave it to us, as far as it holds.
struct GivenRoom {
  const event::RoomVersion* version = nullptr;
  event::PduPtr join;
  // The state before the join.
  std::vector<event::PduPtr> state;
  // State and auth chains, each behind what it rests on.
  std::vector<event::PduPtr> outliers;
};

// Judges the answer to send_join. Events whose auth events are not all there, or which those do not
// allow, are left out. M_FORBIDDEN, M_BAD_JSON when what is left is no room that `join` is allowed
// in: no create event of this version, two events for one part of the state. A pure function;
// linear in the events.
absl::StatusOr<GivenRoom> JudgeJoin(const event::VerifiedPdu& join,
                                    const std::vector<event::VerifiedPdu>& state,
                                    const std::vector<event::VerifiedPdu>& auth_chain);

}  // namespace parley::events
