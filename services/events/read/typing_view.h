#pragma once

#include "parley/events/v1/events.pb.h"
#include "services/events/read/event_filter.h"
#include "services/events/typing.h"

namespace parley::events {

// Adds m.typing to the update of a joined room, if it changed for the client, or is worth telling one that starts.
void AddTyping(const TypingTable& table, const EventFilter& ephemeral_filter, const v1::RoomSince& since,
               v1::RoomUpdate& update);

// Where typing stands in a partition, for the client's next token.
void AddTypingHead(const TypingTable& table, Partition partition, v1::ReadSinceResponse& response);

}  // namespace parley::events
