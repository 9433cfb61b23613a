#pragma once

#include <string_view>

#include <absl/status/statusor.h>

#include "common/event/pdu.h"
#include "common/event/power_levels.h"
#include "common/event/room_version.h"
#include "common/json/value.h"

// Redaction: what stays of an event, and who may do it. Room versions, "Redactions" and "Handling
// redactions".
namespace parley::event {

// True if the top-level member `key` of an event survives.
bool SurvivesRedaction(const RoomVersion& version, std::string_view key);

// What stays of `content`.
json::Object RedactContent(const RoomVersion& version, std::string_view type,
                           const json::Object& content);

// The whole event object, redacted; `signatures` and `hashes` stay.
json::Object RedactEvent(const RoomVersion& version, const json::Object& event);

// The redacted copy of `event`: the same id, new bytes. This is what the store keeps from then on.
absl::StatusOr<PduPtr> Redact(const Pdu& event);

// Whether `redaction` is to be applied to `target`, both of them accepted events of one room.
// `levels` is the state before `redaction`. In v1 and v2 the auth rules have decided already: then
// this is true for every pair whose ids match.
bool MayRedact(const Pdu& redaction, const Pdu& target, const PowerLevels& levels);

}  // namespace parley::event
