#pragma once

#include <absl/status/statusor.h>

#include "common/rpc/call.h"
#include "parley/events/v1/events.pb.h"
#include "services/events/context.h"

// The published rooms. Client-server API, "Published room directory".
namespace parley::events {

// The RPCs of the same names.
absl::StatusOr<v1::SetDirectoryVisibilityResponse> SetPublished(const Context& context, const rpc::Call& call,
                                                                const v1::SetDirectoryVisibilityRequest& request);
absl::StatusOr<v1::GetDirectoryVisibilityResponse> GetPublished(const Context& context,
                                                                const v1::GetDirectoryVisibilityRequest& request);
absl::StatusOr<v1::ListPublicRoomsResponse> ListPublished(const Context& context,
                                                          const v1::ListPublicRoomsRequest& request);

// Enters the room into the directory, or takes it out, whoever asks.
absl::Status WritePublished(const Context& context, const rpc::Call& call, const std::string& room_id, bool published);

}  // namespace parley::events
