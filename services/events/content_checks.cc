#include "services/events/content_checks.h"

#include <array>
#include <initializer_list>

#include <absl/algorithm/container.h>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/calls/call_events.h"
#include "common/event/membership.h"
#include "common/pattern/server_acl.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::events {
namespace {

using json::Object;
using json::Value;

absl::Status Wrong(std::string_view key, std::string_view kind) {
  return BadJson(StrCat("content.", key, " must be ", kind));
}

absl::Status NeedString(const Object& content, std::string_view key) {
  return json::FindString(content, key) ? absl::OkStatus() : Wrong(key, "a string");
}

// Absent and null are both "no value".
absl::Status MayBeString(const Object& content, std::string_view key) {
  const Value* value = content.Find(key);
  if (!value || value->is_null() || value->is_string()) return absl::OkStatus();
  return Wrong(key, "a string");
}

absl::Status MayBeStrings(const Object& content, std::string_view key) {
  const Value* value = content.Find(key);
  if (!value) return absl::OkStatus();
  const json::Array* array = value->AsArray();
  if (!array || !absl::c_all_of(*array, [](const Value& item) { return item.is_string(); })) {
    return Wrong(key, "an array of strings");
  }
  return absl::OkStatus();
}

// Media: a url, or `file` in its place when it is encrypted.
absl::Status NeedMedia(const Object& content) {
  if (json::FindObject(content, "file")) return absl::OkStatus();
  return NeedString(content, "url");
}

absl::Status CheckMessage(const Object& content) {
  PARLEY_RETURN_IF_ERROR(NeedString(content, "msgtype"));
  PARLEY_RETURN_IF_ERROR(NeedString(content, "body"));
  const std::string& msgtype = *json::FindString(content, "msgtype");
  constexpr std::array<std::string_view, 4> kMedia = {"m.image", "m.file", "m.audio", "m.video"};
  if (absl::c_linear_search(kMedia, msgtype)) return NeedMedia(content);
  if (msgtype == "m.location") return NeedString(content, "geo_uri");
  return absl::OkStatus();
}

absl::Status CheckRelation(const Object& content) {
  const Value* relates_to = content.Find("m.relates_to");
  if (!relates_to) return absl::OkStatus();
  if (!relates_to->is_object()) return Wrong("m.relates_to", "an object");
  const Object& relation = *relates_to->AsObject();
  PARLEY_RETURN_IF_ERROR(MayBeString(relation, "rel_type"));
  PARLEY_RETURN_IF_ERROR(MayBeString(relation, "event_id"));
  if (json::StringOr(relation, "rel_type", "") == "m.annotation") {
    PARLEY_RETURN_IF_ERROR(NeedString(relation, "event_id"));
    PARLEY_RETURN_IF_ERROR(NeedString(relation, "key"));
  }
  return absl::OkStatus();
}

absl::Status CheckMember(const std::optional<std::string>& state_key, const Object& content) {
  PARLEY_RETURN_IF_ERROR(NeedString(content, "membership"));
  if (!event::ParseMembership(*json::FindString(content, "membership"))) {
    return BadJson("content.membership must be one of invite, join, knock, leave, ban");
  }
  if (state_key && !UserId::Parse(*state_key).ok()) return BadJson("state_key must be a user id");
  PARLEY_RETURN_IF_ERROR(MayBeString(content, "displayname"));
  PARLEY_RETURN_IF_ERROR(MayBeString(content, "avatar_url"));
  return MayBeString(content, "reason");
}

absl::Status CheckLevels(const Object& content, std::string_view section) {
  const Value* value = content.Find(section);
  if (!value) return absl::OkStatus();
  if (!value->is_object()) return Wrong(section, "an object");
  for (const auto& [key, level] : *value->AsObject()) {
    if (!level.is_int()) return Wrong(StrCat(section, ".", key), "an integer");
    if (section == "users" && !UserId::Parse(key).ok()) return BadJson("content.users names what is no user id");
  }
  return absl::OkStatus();
}

absl::Status CheckPowerLevels(const Object& content) {
  for (const std::string_view key : {"ban", "kick", "redact", "invite", "state_default", "events_default", "users_default"}) {
    const Value* level = content.Find(key);
    if (level && !level->is_int()) return Wrong(key, "an integer");
  }
  PARLEY_RETURN_IF_ERROR(CheckLevels(content, "events"));
  PARLEY_RETURN_IF_ERROR(CheckLevels(content, "users"));
  return CheckLevels(content, "notifications");
}

absl::Status CheckAlias(std::string_view alias) {
  if (RoomAlias::Parse(alias).ok()) return absl::OkStatus();
  return InvalidParam(StrCat(alias, " is no room alias"));
}

absl::Status CheckCanonicalAlias(const Object& content) {
  PARLEY_RETURN_IF_ERROR(MayBeString(content, "alias"));
  PARLEY_RETURN_IF_ERROR(MayBeStrings(content, "alt_aliases"));
  if (const std::string* alias = json::FindString(content, "alias"); alias && !alias->empty()) {
    PARLEY_RETURN_IF_ERROR(CheckAlias(*alias));
  }
  if (const json::Array* aliases = json::FindArray(content, "alt_aliases")) {
    for (const Value& alias : *aliases) PARLEY_RETURN_IF_ERROR(CheckAlias(*alias.AsString()));
  }
  return absl::OkStatus();
}

// A list that shuts our own server out can't be taken back from here.
absl::Status CheckServerAcl(const Object& content, std::string_view server_name) {
  PARLEY_RETURN_IF_ERROR(MayBeStrings(content, "allow"));
  PARLEY_RETURN_IF_ERROR(MayBeStrings(content, "deny"));
  if (pattern::ServerAcl(content).Allows(server_name)) return absl::OkStatus();
  return BadJson("These access control lists would shut this server out of the room");
}

absl::Status CheckState(std::string_view type, const std::optional<std::string>& state_key, const Object& content,
                        std::string_view server_name) {
  if (type == "m.room.create") return BadJson("A room has one create event, and this one has it");
  if (type == "m.room.member") return CheckMember(state_key, content);
  if (type == "m.room.power_levels") return CheckPowerLevels(content);
  if (type == "m.room.join_rules") return NeedString(content, "join_rule");
  if (type == "m.room.history_visibility") return NeedString(content, "history_visibility");
  if (type == "m.room.guest_access") return NeedString(content, "guest_access");
  if (type == "m.room.canonical_alias") return CheckCanonicalAlias(content);
  if (type == "m.room.aliases") return MayBeStrings(content, "aliases");
  if (type == "m.room.server_acl") return CheckServerAcl(content, server_name);
  if (type == "m.room.name") return MayBeString(content, "name");
  if (type == "m.room.topic") return MayBeString(content, "topic");
  if (type == "m.room.pinned_events") return MayBeStrings(content, "pinned");
  if (type == "m.room.encryption") return MayBeString(content, "algorithm");
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckContent(std::string_view type, const std::optional<std::string>& state_key, const Object& content,
                          std::string_view server_name) {
  if (state_key) return CheckState(type, state_key, content, server_name);
  PARLEY_RETURN_IF_ERROR(CheckRelation(content));
  if (type == "m.room.message") return CheckMessage(content);
  if (calls::IsCallEvent(type)) return calls::CheckShape(type, content);
  if (type == "m.room.redaction") return MayBeString(content, "reason");
  return absl::OkStatus();
}

std::optional<Relation> RelationOf(const Object& content) {
  const Object* relates_to = json::FindObject(content, "m.relates_to");
  if (!relates_to) return std::nullopt;
  const std::string* rel_type = json::FindString(*relates_to, "rel_type");
  const std::string* target = json::FindString(*relates_to, "event_id");
  if (!rel_type || !target || rel_type->empty() || target->empty()) return std::nullopt;
  return Relation{*rel_type, *target, std::string(json::StringOr(*relates_to, "key", ""))};
}

}  // namespace parley::events
