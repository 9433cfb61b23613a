#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/event/membership.h"
#include "services/events/context.h"

namespace parley::events {

// The user's membership of a room that the request is not about, and that another process may own:
// as committed. nullopt: none, or there is no such room.
absl::StatusOr<std::optional<event::Membership>> MembershipElsewhere(const Context& context,
                                                                     std::string_view room_id,
                                                                     std::string_view user_id);

}  // namespace parley::events
