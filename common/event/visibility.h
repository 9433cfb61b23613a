#pragma once

#include "common/event/membership.h"

namespace parley::event {

// What decides whether someone may see an event. "Before" and "after" are the room's state before
// and after the event; they differ for state events only: fill both with the same elsewhere.
struct VisibilityFacts {
  HistoryVisibility visibility_before = HistoryVisibility::kShared;
  HistoryVisibility visibility_after = HistoryVisibility::kShared;
  Membership membership_before = Membership::kLeave;
  Membership membership_after = Membership::kLeave;
  // The viewer is joined now, or was at any time after the event.
  bool joined_since = false;
};

// Client-server API, "Room history visibility", server behaviour. Every read of an event by a user
// goes through this.
bool MaySee(const VisibilityFacts& facts);

}  // namespace parley::event
