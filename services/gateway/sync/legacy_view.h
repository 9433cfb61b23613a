#pragma once

#include <string>
#include <string_view>

#include "services/gateway/sync/difference.h"

namespace parley::gateway {

// How events look under a prefix: today's, or the seed's (`user_id`, and `age` and `prev_content` at the top level; S96).
enum class EventShapeVersion { kToday, kSeed };
EventShapeVersion ShapeUnder(std::string_view path);

// An answer's JSON with every event in it in the seed's shape.
std::string InSeedShape(std::string_view answer_json);

// One event as the old endpoints show it: with its room (unless `room_id` is empty), in that shape.
std::string LegacyEvent(std::string_view event_json, std::string_view room_id, EventShapeVersion shape);

// GET /events: one stream of everything, {chunk, start, end}.
std::string WriteEventStream(const Difference& difference, std::string_view start, EventShapeVersion shape);

// GET /initialSync: {end, rooms, presence, account_data}.
std::string WriteInitialSync(const Difference& difference, EventShapeVersion shape);

// GET /rooms/{roomId}/initialSync: the one room of the difference; empty when it is not there.
std::string WriteRoomInitialSync(const Difference& difference, EventShapeVersion shape);

}  // namespace parley::gateway
