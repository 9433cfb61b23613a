#pragma once

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"

// /relations and /threads. Client-server API, "Relationships API" and "Threading". Each is one snapshot.
namespace parley::events {

// The events that relate to one; with `recurse`, those that relate to these too, three levels deep.
absl::StatusOr<v1::JsonResponse> GetRelations(const ReadDeps& deps, const v1::GetRelationsRequest& request);
// The roots of the room's threads, by their latest events.
absl::StatusOr<v1::JsonResponse> GetThreads(const ReadDeps& deps, const v1::GetThreadsRequest& request);

}  // namespace parley::events
