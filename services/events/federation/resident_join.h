#pragma once

#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "common/event/received_pdu.h"
#include "services/events/context.h"
#include "services/events/room_write.h"

// Letting users of other servers into a restricted room on behalf of one of ours. Server-server
// API, "Restricted rooms".
namespace parley::events {

// Whether `user_id` can join only with the word of one of our users, and meets the room's
// conditions. M_FORBIDDEN when they are not met, M_UNABLE_TO_AUTHORISE_JOIN when we can't tell. Not
// to be called inside a lane.
absl::StatusOr<bool> NeedsAuthoriser(const Context& context, Room& room, const std::string& user_id,
                                     std::string_view membership);

// FindAuthoriser, or M_UNABLE_TO_GRANT_JOIN.
absl::StatusOr<std::string> RequireAuthoriser(const Context& context, RoomWrite& write);

// `join` with our signature, if it names one of our users as the one who lets its sender in: what
// is asked for a template is asked again. Any other event comes back as it is.
absl::StatusOr<event::VerifiedPdu> SignAsAuthoriser(const Context& context, Room& room,
                                                    const event::VerifiedPdu& join);

}  // namespace parley::events
