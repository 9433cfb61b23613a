#pragma once

#include <string_view>

#include <absl/status/statusor.h>

#include "common/filter/filter.h"
#include "common/json/value.h"

namespace parley::filter {

// Errors of all: M_NOT_JSON, M_BAD_JSON (a known key has the wrong type, an id is none, a limit is negative). Unknown
// keys are passed over.

// The body of POST /user/{userId}/filter, or the inline filter of /sync.
absl::StatusOr<Filter> ParseFilter(std::string_view text);
absl::StatusOr<Filter> ParseFilter(const json::Object& object);

// The `filter` of /messages, /context and /search.
absl::StatusOr<RoomEventFilter> ParseRoomEventFilter(std::string_view text);
absl::StatusOr<RoomEventFilter> ParseRoomEventFilter(const json::Object& object);

// Whether /sync's `filter` parameter is a filter itself rather than a filter id.
inline bool IsInline(std::string_view parameter) { return parameter.starts_with('{'); }

}  // namespace parley::filter
