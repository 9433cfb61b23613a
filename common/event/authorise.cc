#include "common/event/authorise.h"

#include "common/event/event_types.h"
#include "common/status/macros.h"

namespace parley::event {

class AuthDoor {
 public:
  static AuthorisedEvent Pass(const VerifiedPdu& event) { return AuthorisedEvent(event.pdu()); }
};

namespace {

AuthFacts FactsOf(const VerifiedPdu& event) {
  return {.signed_by_authoriser = event.signed_by_authoriser()};
}

absl::Status CheckByAuthEvents(const VerifiedPdu& event, absl::Span<const AuthEvent> auth_events,
                               const AuthEvent& create) {
  const RoomVersion& version = *event->version;
  const AuthVerdict list = CheckAuthEvents(*event, auth_events, create);
  if (!list.allowed) return list.ToStatus(version);
  const auto find = [&](std::string_view type, std::string_view key) -> const Pdu* {
    for (const AuthEvent& entry : auth_events) {
      if (entry.event->IsState(type, key)) return entry.event;
    }
    return type == kCreate ? create.event : nullptr;
  };
  return CheckAuthRules(*event, find, FactsOf(event)).ToStatus(version);
}

}  // namespace

absl::StatusOr<AuthorisedEvent> Authorise(const VerifiedPdu& event, StateLookup state) {
  PARLEY_RETURN_IF_ERROR(CheckAuthRules(*event, state, FactsOf(event)).ToStatus(*event->version));
  return AuthDoor::Pass(event);
}

absl::StatusOr<AuthorisedEvent> Authorise(const VerifiedPdu& event,
                                          absl::Span<const AuthEvent> auth_events,
                                          const AuthEvent& create, StateLookup state_before) {
  PARLEY_RETURN_IF_ERROR(CheckByAuthEvents(event, auth_events, create));
  return Authorise(event, state_before);
}

absl::StatusOr<AuthorisedEvent> AuthoriseOutlier(const VerifiedPdu& event,
                                                 absl::Span<const AuthEvent> auth_events,
                                                 const AuthEvent& create) {
  PARLEY_RETURN_IF_ERROR(CheckByAuthEvents(event, auth_events, create));
  return AuthDoor::Pass(event);
}

absl::Status CheckAgainstCurrentState(const AuthorisedEvent& event, StateLookup current_state) {
  return CheckAuthRules(*event, current_state).ToStatus(*event->version);
}

}  // namespace parley::event
