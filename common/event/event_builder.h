#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "common/crypto/sign.h"
#include "common/event/pdu.h"
#include "common/event/received_pdu.h"
#include "common/event/room_version.h"
#include "common/json/value.h"

namespace parley::event {

// What a new event is to say.
struct EventFields {
  RoomId room_id;  // leave empty for the create event of a room whose id is its hash (v12)
  UserId sender;
  std::string type;
  std::optional<std::string> state_key;
  json::Object content;
  int64_t origin_server_ts = 0;  // ms since the epoch
  int64_t depth = 1;  // of its prev_events the largest, plus one; capped to what the version allows
  std::vector<EventReference> prev_events;
  std::vector<EventReference> auth_events;
  std::optional<EventId> redacts;  // written where the room version wants it
};

// Makes events of our own users: hashes, id and signature. Each part is serialised once (a message
// takes some 30 µs, two thirds of them the signature). A pure function: the id of v1 and v2 events
// is derived from what they say.
//
// Threads: safe from any. Lifetime: borrows `key`.
class EventBuilder {
 public:
  EventBuilder(const RoomVersion& version, std::string server_name, const crypto::SigningKey& key);

  // Errors: M_TOO_LARGE beyond the size limits, M_BAD_JSON for content that this room version
  // forbids (floats).
  absl::StatusOr<VerifiedPdu> Build(EventFields fields) const;

 private:
  const RoomVersion& version_;
  std::string server_name_;
  const crypto::SigningKey& key_;
};

// The answer to make_join, make_leave and make_knock: the event as far as it can be made without
// its sender's key.
std::string TemplateJson(const RoomVersion& version, EventFields fields);

// What another server's template (make_join, make_leave, make_knock) may decide of an event that
// our user signs: its room and its place in the room's graph. The caller sets all else, from its
// own knowledge. Error: M_BAD_JSON for a template that is none.
absl::StatusOr<EventFields> ReadTemplate(const RoomVersion& version, const json::Object& made);

// `pdu` with one more signature (an invite to our user; a restricted join that our user
// authorises).
absl::StatusOr<VerifiedPdu> SignPdu(const VerifiedPdu& pdu, const std::string& server_name,
                                    const crypto::SigningKey& key);

}  // namespace parley::event
