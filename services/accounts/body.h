#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/json/value.h"

// Reading request bodies. Errors are the specification's: M_NOT_JSON, M_BAD_JSON for a wrong shape or kind,
// M_MISSING_PARAM for what is absent.
namespace parley::accounts {

// Empty bytes are an empty object.
absl::StatusOr<json::Object> ParseBody(std::string_view bytes);

absl::StatusOr<std::string> RequiredString(const json::Object& body, std::string_view key);
// Absent when the member is missing or null.
absl::StatusOr<std::optional<std::string>> OptionalString(const json::Object& body, std::string_view key);
absl::StatusOr<bool> OptionalBool(const json::Object& body, std::string_view key, bool fallback);
absl::StatusOr<int64_t> RequiredInt(const json::Object& body, std::string_view key);
absl::StatusOr<const json::Object*> RequiredObject(const json::Object& body, std::string_view key);
// Null when the member is missing or null.
absl::StatusOr<const json::Object*> OptionalObject(const json::Object& body, std::string_view key);
absl::StatusOr<const json::Array*> RequiredArray(const json::Object& body, std::string_view key);
absl::StatusOr<std::vector<std::string>> ReadStrings(const json::Object& body, std::string_view key);

// M_INVALID_PARAM when `text` has more than `limit` bytes.
absl::Status CheckLength(std::string_view name, std::string_view text, size_t limit);

}  // namespace parley::accounts
