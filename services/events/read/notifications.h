#pragma once

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"
#include "services/events/read/unread.h"

// GET /notifications: what the requester's push rules say of the events since joining, in rooms the requester is joined
// to. Client-server API, "Receiving notifications".
//
// Nothing is kept for it, so that a send costs nothing: the latest events of each room are judged when somebody asks, by
// the rules as they are then; of each room at most 1,000 events and of all 20,000, which is how far back a page reaches.
namespace parley::events {

absl::StatusOr<v1::ListNotificationsResponse> ListNotifications(const ReadDeps& deps, UnreadCounter& unread,
                                                                const v1::ListNotificationsRequest& request);

}  // namespace parley::events
