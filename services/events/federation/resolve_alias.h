#pragma once

#include <absl/status/statusor.h>

#include "common/base/ids.h"
#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"

namespace parley::events {

// Where an alias of another server leads, as that server says: the room and servers that are in it.
// Server-server API, "GET /query/directory".
absl::StatusOr<v1::ResolveAliasResponse> ResolveElsewhere(const Context& context,
                                                          const rpc::Call& call,
                                                          const RoomAlias& alias);

}  // namespace parley::events
