#pragma once

#include <absl/status/statusor.h>

#include "parley/events/v1/events.pb.h"
#include "services/events/read/room_access.h"

// /messages and /context. Client-server API, "Getting events for a room". Each is one snapshot. M_FORBIDDEN for those who may not read the
// room; events they may not see are left out.
namespace parley::events {

// `gap`: the page stops where history is missing, and tells there (HistoryPage); null: it goes on behind.
absl::StatusOr<v1::JsonResponse> GetMessages(const ReadDeps& deps, const v1::GetMessagesRequest& request,
                                             std::string* gap = nullptr);
absl::StatusOr<v1::JsonResponse> GetContext(const ReadDeps& deps, const v1::GetContextRequest& request);

}  // namespace parley::events
