#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/json/value.h"

namespace parley::calls {

// A call event, reduced to what the course of a call depends on: no SDP, no candidates. Times are
// milliseconds since the epoch. Client-server API, "Voice over IP".
struct Signal {
  enum class Kind {
    kInvite,
    kCandidates,
    kAnswer,
    kSelectAnswer,
    kReject,
    kHangup,
    kNegotiate,
    kStreamMetadata,
    kRedaction,  // of another signal, which `redacts` names
  };

  Kind kind = Kind::kInvite;
  std::string event_id;
  std::string sender;
  int64_t sent_at = 0;  // origin_server_ts
  int64_t seen_at = 0;  // when it came here
  std::string call_id = {};
  std::string party_id = {};           // the sender's device; empty in version 0
  std::string invitee = {};            // of an invite; empty: whoever is in the room
  int64_t lifetime = 0;                // of an invite
  std::string selected_party_id = {};  // of a select_answer
  std::string reason = {};             // of a hangup
  std::string redacts = {};
};

// Nullopt for what is no call event, or lacks its call_id. Never strict beyond that: remote events
// are as they are.
std::optional<Signal> ReadSignal(std::string_view type, const json::Object& content);

// The members of `content` that ReadSignal reads: what is kept of an event to follow its call.
json::Object SignalContent(const json::Object& content);

}  // namespace parley::calls
