#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/ids.h"
#include "common/event/room_version.h"
#include "common/json/value.h"

namespace parley::event {

// The whole event in canonical JSON with its signatures. Client-server API, "Size limits".
inline constexpr size_t kMaxPduBytes = 65'536;
// type, state_key, and every identifier.
inline constexpr size_t kMaxFieldBytes = 255;
inline constexpr size_t kMaxPrevEvents = 20;
inline constexpr size_t kMaxAuthEvents = 10;

// An event of a room as servers exchange it: its bytes, and what our logic looks at.
//
// Immutable once made (it is held by PduPtr); any thread may read it. It says nothing of trust:
// VerifiedPdu (received_pdu.h) and AuthorisedEvent (authorise.h) do.
struct Pdu {
  const RoomVersion* version = nullptr;

  // Canonical JSON with hashes and signatures, without `unsigned`: what the store keeps and what
  // other servers get.
  std::string bytes;

  EventId event_id;
  RoomId room_id;  // also for the create event of v12, whose bytes have none
  UserId sender;
  std::string type;
  std::optional<std::string> state_key;
  int64_t origin_server_ts = 0;  // milliseconds since the epoch, as its server says
  int64_t depth = 0;
  std::vector<EventId> prev_events;
  std::vector<EventId> auth_events;
  std::optional<EventId> redacts;  // wherever this room version puts it
  bool has_room_id_field = true;
  json::Object content;

  bool IsState() const { return state_key.has_value(); }
  bool IsState(std::string_view type, std::string_view state_key) const {
    return this->type == type && this->state_key == state_key;
  }
};

using PduPtr = std::shared_ptr<const Pdu>;

// An event that our own store gave back: parsed once more, not checked. `event_id` is the key it
// was stored under. Error: M_BAD_JSON if `bytes` were never a PDU (a broken store).
absl::StatusOr<PduPtr> LoadPdu(std::string bytes, EventId event_id, const RoomVersion& version);

// How an event points at another. The hash is written in room versions 1 and 2 only; may stay empty
// elsewhere.
struct EventReference {
  EventReference(EventId id) : id(std::move(id)) {}
  EventReference(EventId id, std::string sha256) : id(std::move(id)), sha256(std::move(sha256)) {}
  EventId id;
  std::string sha256;  // unpadded base64
};

// Points at `event`, with its reference hash where the room version wants it.
EventReference ReferenceTo(const Pdu& event);

}  // namespace parley::event
