#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "common/json/value.h"

// What this server asks of the content of events that its own users send. It never binds events of other servers:
// refusing those would split the room (S32). Pure functions.
namespace parley::events {

// 400 M_BAD_JSON with a sentence that names the member when `content` is not what a client may send under `type`:
// a message without msgtype or body (S21–S30), power levels that are no integers, names that are no text …. Unknown types and unknown
// members always pass (S5, S31). M_INVALID_PARAM for aliases that are none; whether they point here is not asked.
absl::Status CheckContent(std::string_view type, const std::optional<std::string>& state_key,
                          const json::Object& content, std::string_view server_name);

// `content["m.relates_to"]` as this service understands it.
struct Relation {
  std::string rel_type;
  std::string target;  // event id
  std::string key;     // of m.annotation
};
// Nothing when there is none or it has no rel_type and event_id (a plain reply, for example).
std::optional<Relation> RelationOf(const json::Object& content);

}  // namespace parley::events
