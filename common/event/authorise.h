#pragma once

#include <absl/status/statusor.h>
#include <absl/types/span.h>

#include "common/event/auth_rules.h"
#include "common/event/pdu.h"
#include "common/event/received_pdu.h"

namespace parley::event {

// An event that its room's rules allow. Only the functions below make one, and the store takes
// nothing else into a room's state and timeline.
class AuthorisedEvent {
 public:
  const PduPtr& pdu() const { return pdu_; }
  const Pdu& operator*() const { return *pdu_; }
  const Pdu* operator->() const { return pdu_.get(); }

 private:
  friend class AuthDoor;
  explicit AuthorisedEvent(PduPtr pdu) : pdu_(std::move(pdu)) {}

  PduPtr pdu_;
};

// An event of ours, built on `state`: its auth events were chosen from that state, so one check is
// all. Error: M_FORBIDDEN with the rule's number.
absl::StatusOr<AuthorisedEvent> Authorise(const VerifiedPdu& event, StateLookup state);

// An event of another server: by its own auth events (check 4), then by the state before it (check
// 5). Error: M_FORBIDDEN: store the event as rejected.
absl::StatusOr<AuthorisedEvent> Authorise(const VerifiedPdu& event,
                                          absl::Span<const AuthEvent> auth_events,
                                          const AuthEvent& create, StateLookup state_before);

// An event without a place in our copy of the room's graph (an outlier: state and auth chain of a
// room being joined): by its own auth events only.
absl::StatusOr<AuthorisedEvent> AuthoriseOutlier(const VerifiedPdu& event,
                                                 absl::Span<const AuthEvent> auth_events,
                                                 const AuthEvent& create);

// Check 6: an authorised event that the room's current state forbids is "soft failed". OK or
// M_FORBIDDEN.
absl::Status CheckAgainstCurrentState(const AuthorisedEvent& event, StateLookup current_state);

}  // namespace parley::event
