#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/functional/function_ref.h>
#include <absl/status/status.h>
#include <absl/types/span.h>

#include "common/event/pdu.h"
#include "common/event/state_tuple.h"

// The authorisation rules of every room version, as pure functions of an event and a room state.
// Room versions, "Authorisation rules"; server-server API, "Auth events selection".
namespace parley::event {

// The event that holds (type, state_key) in some state of the room, or null. It must answer for
// whatever AuthTypesFor names and, in every version, for m.room.create. The event is borrowed for
// the time of the call.
using StateLookup =
    absl::FunctionRef<const Pdu*(std::string_view type, std::string_view state_key)>;

// The number of a rule as the room version's specification counts it: 5.3.2 of version 12, for
// example.
struct RuleNumber {
  std::array<uint8_t, 5> parts{};  // ends at the first 0

  std::string Text() const;
  friend bool operator==(const RuleNumber&, const RuleNumber&) = default;
};

// What the rules say, and which rule said it.
struct AuthVerdict {
  bool allowed = false;
  RuleNumber rule;
  std::string_view reason;  // literal text; empty if allowed

  // OK, or M_FORBIDDEN "<reason> (auth rule 5.3.2 of room version 12)".
  absl::Status ToStatus(const RoomVersion& version) const;
};

// What the rules ask beyond the events themselves.
struct AuthFacts {
  // The server of `join_authorised_via_users_server` has signed the event (VerifiedPdu knows).
  // State resolution leaves it true: such an event was checked when it came.
  bool signed_by_authoriser = true;
};

// Whether `event` is allowed in a room with this state: all rules but those about the event's
// `auth_events` list.
AuthVerdict CheckAuthRules(const Pdu& event, StateLookup state, const AuthFacts& facts = {});

// An entry of an event's auth_events, as the caller found it.
struct AuthEvent {
  const Pdu* event = nullptr;
  bool rejected = false;
};

// The rules about the list itself: duplicates, superfluous entries, rejected ones, other rooms, and
// the create event. `auth_events` are those that the event names, all of them found (an event whose
// auth events can't be had must not get here). `create` is the room's create event, which from v12
// is found by the room's id and not in the list; `event` null means it is unknown, and is fine
// before v12.
AuthVerdict CheckAuthEvents(const Pdu& event, absl::Span<const AuthEvent> auth_events,
                            const AuthEvent& create);

// Which parts of the state an event is to name in auth_events. Empty for the create event.
std::vector<StateTuple> AuthTypesFor(const RoomVersion& version, std::string_view type,
                                     std::string_view sender, const std::string* state_key,
                                     const json::Object& content);
std::vector<StateTuple> AuthTypesFor(const Pdu& event);

}  // namespace parley::event
