#include "services/events/public_room.h"

#include "common/event/event_types.h"
#include "common/json/splice.h"
#include "common/status/macros.h"

namespace parley::events {
namespace {

absl::StatusOr<std::string> Text(FindState state, std::string_view type, std::string_view key) {
  PARLEY_TRY(const event::PduPtr event, state(type, ""));
  return event ? std::string(json::StringOr(event->content, key, "")) : std::string();
}

void AddText(json::Writer& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.Key(key).String(text);
}

}  // namespace

absl::StatusOr<PublishedRow> PublicEntry(const std::string& room_id, const Room& room, FindState state) {
  PublishedRow entry;
  entry.room_id = room_id;
  entry.joined_members = room.state.Count(event::Membership::kJoin);
  PARLEY_TRY(const std::string name, Text(state, "m.room.name", "name"));
  PARLEY_TRY(const std::string topic, Text(state, "m.room.topic", "topic"));
  PARLEY_TRY(const std::string alias, Text(state, "m.room.canonical_alias", "alias"));
  PARLEY_TRY(const std::string avatar, Text(state, "m.room.avatar", "url"));
  PARLEY_TRY(const std::string join_rule, Text(state, event::kJoinRules, "join_rule"));
  PARLEY_TRY(const std::string visibility, Text(state, event::kHistoryVisibility, "history_visibility"));
  PARLEY_TRY(const std::string guests, Text(state, "m.room.guest_access", "guest_access"));
  PARLEY_TRY(entry.room_type, Text(state, event::kCreate, "type"));

  json::Writer out(entry.json);
  out.BeginObject().Key("room_id").String(room_id);
  AddText(out, "name", name);
  AddText(out, "topic", topic);
  AddText(out, "canonical_alias", alias);
  AddText(out, "avatar_url", avatar);
  AddText(out, "join_rule", join_rule);
  AddText(out, "room_type", entry.room_type);
  out.Key("num_joined_members").Int(entry.joined_members);
  out.Key("world_readable").Bool(visibility == "world_readable");
  out.Key("guest_can_join").Bool(guests == "can_join");
  out.EndObject();
  return entry;
}

}  // namespace parley::events
