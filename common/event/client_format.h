#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/event/pdu.h"
#include "common/event/room_version.h"

// Turns stored PDU bytes into what clients get, by copying pieces: no parse, no allocation but the
// output. Client-server API, "Room event format"; `shared/spec/seed-era.md` for the oldest shape.
namespace parley::event {

// An event as the store has it. Borrows everything.
struct StoredEvent {
  std::string_view pdu;  // Pdu::bytes
  std::string_view event_id;
  std::string_view room_id;
  const RoomVersion* version = nullptr;

  static StoredEvent Of(const Pdu& event) {
    return {event.bytes, event.event_id.str(), event.room_id.str(), event.version};
  }
};

// What is told of an event beyond its own fields. What is unset or empty is left out. `*_json` is
// JSON.
struct UnsignedFields {
  std::optional<int64_t> age_ms = {};
  std::string_view transaction_id = {};     // only for the device that sent it
  std::string_view prev_content_json = {};  // object
  std::string_view prev_sender = {};
  std::string_view replaces_state = {};          // event id
  std::string_view membership = {};              // the reader's at this event
  std::string_view redacted_because_json = {};   // client event
  std::string_view relations_json = {};          // inside of m.relations: an object
  std::string_view invite_room_state_json = {};  // array
  std::string_view knock_room_state_json = {};   // array
  std::string_view more_members = {};  // anything else: members without braces, `"a":1,"b":2`
};

enum class ClientShape {
  kWithRoomId,     // everywhere but /sync
  kWithoutRoomId,  // /sync
  kApiV1,  // /_matrix/client/api/v1: also user_id, and age and prev_content at the top level
};

// Appends the event as a JSON object.
void AppendClientEvent(std::string& out, const StoredEvent& event, const UnsignedFields& extra,
                       ClientShape shape = ClientShape::kWithRoomId);
std::string ClientEventJson(const StoredEvent& event, const UnsignedFields& extra = {},
                            ClientShape shape = ClientShape::kWithRoomId);

// The same in two steps, for a reader that sends one event to many: everything that is equal for
// all of them, without the closing brace; then each one's own part.
std::string ClientEventPrefix(const StoredEvent& event, ClientShape shape);
void AppendUnsignedAndClose(std::string& out, const UnsignedFields& extra, ClientShape shape);

// {type, state_key, sender, content}: what invites and knocks show of a room ("Stripped state").
void AppendStrippedEvent(std::string& out, std::string_view pdu);

// One member of a stored event as its JSON, for example `content`; empty if there is none. `object`
// must be canonical JSON of ours. Not unescaped.
std::string_view RawMember(std::string_view object, std::string_view key);

}  // namespace parley::event
