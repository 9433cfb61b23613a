#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "services/profile/config.h"

// What a profile may hold. Pure. Client-server API, "Profiles" (fields other than the two since
// v1.16).
namespace parley::profile {

inline constexpr std::string_view kDisplayname = "displayname";
inline constexpr std::string_view kAvatarUrl = "avatar_url";

// Field → value as JSON.
using Fields = std::map<std::string, std::string, std::less<>>;

// True for the two fields that go into membership events and presence.
bool IsPropagated(std::string_view field);

// M_KEY_TOO_LARGE beyond 255 bytes; M_INVALID_PARAM outside of the common namespaced identifier
// grammar.
absl::Status CheckFieldName(std::string_view field);

// `fields` with `field` set to the JSON `value`, or removed without one; an empty or null name or
// avatar is removed too. M_BAD_JSON for a name or avatar that is no string, M_TOO_LARGE,
// M_PROFILE_TOO_LARGE.
absl::StatusOr<Fields> WithField(Fields fields, std::string_view field,
                                 const std::optional<std::string>& value, const Config& config);

// The text of a field that holds a string; nothing when it is absent.
std::optional<std::string> TextOf(const Fields& fields, std::string_view field);

// The profile, or one field of it, as a JSON object.
std::string ToJson(const Fields& fields);

}  // namespace parley::profile
