#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/event/pdu.h"
#include "common/event/state_tuple.h"
#include "services/events/rows.h"

namespace parley::events {

// An event of another server whose place in the room's graph is known (place.h); what
// RoomWrite::AddPlaced commits.
struct Placed {
  struct Change {
    event::StateTuple tuple;
    int64_t event_pos = 0;  // 0 with no `pdu`: the entry ends; 0 with one: it is the event itself
    event::PduPtr pdu;
  };

  event::PduPtr pdu;
  uint32_t flags = 0;
  // It was given to us to be passed on to all other servers.
  bool relayed = false;
  // Of an outlier that now gets its place: where it is stored.
  int64_t stored_at = 0;
  // Of history; otherwise it follows from the position and the flags.
  std::optional<RoomOrder> ord;
  // What comes into force, in the room's state as it was when the event was placed.
  std::vector<Change> changes;
  // The forward extremities from now on; nothing: as they were.
  std::optional<std::vector<event::PduPtr>> extremities;
  // Of kOffLine; `pos` is filled in on commit.
  std::optional<ForkRow> fork;
  std::vector<ForkStateRow> differences;
  // It was redacted before it came: `pdu` is the redacted form.
  event::PduPtr redaction;
  int64_t redacted_by = 0;

  bool IsHidden() const { return (flags & kHidden) != 0; }
};

}  // namespace parley::events
