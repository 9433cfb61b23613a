#pragma once

#include <cstdint>
#include <string_view>

#include <absl/status/status.h>

#include "common/json/value.h"

// What binds a call event that a local user sends. A remote event is never refused for its content:
// that would split the room. Client-server API, "Voice over IP"; seed S66–S80.
namespace parley::calls {

// m.call.invite, candidates, answer, hangup and those of call version 1 (reject, select_answer,
// negotiate …).
bool IsCallEvent(std::string_view type);

// Unless the content has what this type requires (S67–S70): M_BAD_JSON, which names the key that is
// missing or of another kind, or M_INVALID_PARAM for one whose value can't be. Versions and keys
// that are not known pass (S78), and so does every other type.
absl::Status CheckShape(std::string_view type, const json::Object& content);

// A call has two parties: M_FORBIDDEN for an invite to a room with another number of joined members
// (S75, S76), unless it names its `invitee`.
absl::Status CheckParties(std::string_view type, const json::Object& content,
                          int64_t joined_members);

}  // namespace parley::calls
