#pragma once

#include <absl/status/statusor.h>

#include "parley/events/v1/room_federation.pb.h"
#include "services/events/context.h"

// Which of our events go to which other servers. A row of events_outbound stands for every event of
// ours (and every membership that we pass on) in a room that has other servers; where it goes
// follows from the times of servers in rooms.
namespace parley::events {

// The RPCs of the same names.
absl::StatusOr<v1::ListOutboundResponse> ListOutboundEvents(const Context& context,
                                                            const v1::ListOutboundRequest& request);
absl::StatusOr<v1::ReadOutboundResponse> ReadOutboundPdus(const Context& context,
                                                          const v1::ReadOutboundRequest& request);
v1::ListRoomServersResponse ListServersOfRooms(const Context& context,
                                               const v1::ListRoomServersRequest& request);

}  // namespace parley::events
