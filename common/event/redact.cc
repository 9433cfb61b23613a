#include "common/event/redact.h"

#include <algorithm>
#include <initializer_list>

#include "common/event/event_types.h"
#include "common/status/macros.h"

namespace parley::event {
namespace {

using Keys = std::initializer_list<std::string_view>;

bool Contains(Keys keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

json::Object Keep(const json::Object& object, Keys keys) {
  json::Object kept;
  for (const auto& [key, value] : object) {
    if (Contains(keys, key)) kept.Append(key, value);
  }
  return kept;
}

json::Object RedactMember(const RoomVersion& version, const json::Object& content) {
  if (!version.redaction_keeps_authoriser) return Keep(content, {"membership"});
  json::Object kept = Keep(content, {"membership", "join_authorised_via_users_server"});
  if (!version.redaction_of_v11) return kept;
  if (const json::Object* invite = json::FindObject(content, "third_party_invite")) {
    kept.Append("third_party_invite", Keep(*invite, {"signed"}));
  }
  return kept;
}

json::Object RedactPowerLevels(const RoomVersion& version, const json::Object& content) {
  json::Object kept = Keep(content, {"ban", "events", "events_default", "kick", "redact",
                                     "state_default", "users", "users_default"});
  const json::Value* invite = content.Find("invite");
  if (version.redaction_of_v11 && invite != nullptr) kept.Append("invite", *invite);
  return kept;
}

std::string_view Domain(const EventId& id) {
  return id.server_name();
}

}  // namespace

bool SurvivesRedaction(const RoomVersion& version, std::string_view key) {
  if (!version.redaction_of_v11 && Contains({"membership", "origin", "prev_state"}, key))
    return true;
  return Contains({"auth_events", "content", "depth", "event_id", "hashes", "origin_server_ts",
                   "prev_events", "room_id", "sender", "signatures", "state_key", "type"},
                  key);
}

json::Object RedactContent(const RoomVersion& version, std::string_view type,
                           const json::Object& content) {
  if (type == kMember) return RedactMember(version, content);
  if (type == kPowerLevels) return RedactPowerLevels(version, content);
  if (type == kHistoryVisibility) return Keep(content, {"history_visibility"});
  if (type == kCreate) {
    return version.redaction_of_v11 ? content : Keep(content, {"creator"});
  }
  if (type == kJoinRules) {
    return version.redaction_keeps_allow ? Keep(content, {"join_rule", "allow"})
                                         : Keep(content, {"join_rule"});
  }
  if (type == kAliases && version.redaction_keeps_aliases) return Keep(content, {"aliases"});
  if (type == kRedaction && version.redacts_in_content) return Keep(content, {"redacts"});
  return {};
}

json::Object RedactEvent(const RoomVersion& version, const json::Object& event) {
  const std::string_view type = json::StringOr(event, "type", "");
  const json::Object* content = json::FindObject(event, "content");
  json::Object redacted;
  for (const auto& [key, value] : event) {
    if (!SurvivesRedaction(version, key)) continue;
    if (key == "content" && content != nullptr) {
      redacted.Append(key, RedactContent(version, type, *content));
    } else {
      redacted.Append(key, value);
    }
  }
  return redacted;
}

absl::StatusOr<PduPtr> Redact(const Pdu& event) {
  PARLEY_TRY(const json::Object whole, json::ParseObject(event.bytes));
  return LoadPdu(json::Serialize(RedactEvent(*event.version, whole)), event.event_id,
                 *event.version);
}

bool MayRedact(const Pdu& redaction, const Pdu& target, const PowerLevels& levels) {
  if (redaction.redacts != target.event_id || redaction.room_id != target.room_id) return false;
  if (levels.UserLevel(redaction.sender.str()) >= levels.Redact()) return true;
  if (redaction.version->redaction_rule)
    return Domain(redaction.event_id) == Domain(target.event_id);
  return redaction.sender.server_name() == target.sender.server_name();
}

}  // namespace parley::event
