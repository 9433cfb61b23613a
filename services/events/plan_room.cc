#include <absl/algorithm/container.h>
#include <absl/strings/ascii.h>

#include "common/base/strings.h"
#include "common/event/event_types.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/events/create_room.h"
#include "services/events/membership.h"

// From the body of POST /createRoom to a RoomPlan.
namespace parley::events {
namespace {

using json::Object;
using json::Value;

struct Preset {
  std::string_view name;
  std::string_view join_rule;
  std::string_view guest_access;
  bool invitees_are_equals;
};
constexpr Preset kPresets[] = {{"private_chat", "invite", "can_join", false},
                               {"trusted_private_chat", "invite", "can_join", true},
                               {"public_chat", "public", "forbidden", false}};

// The body, its members of the right kinds.
struct Wishes {
  const Object& body;
  const Preset* preset = nullptr;
  bool is_public = false;
  std::vector<std::string> invites;
  Object creation_content;
  std::vector<RoomPlan::Event> initial_state;
};

absl::StatusOr<std::optional<std::string>> MaybeString(const Object& body, std::string_view key) {
  const Value* value = body.Find(key);
  if (!value || value->is_null()) return std::nullopt;
  if (!value->is_string()) return BadJson(StrCat(key, " must be a string"));
  return *value->AsString();
}

absl::StatusOr<Object> MaybeObject(const Object& body, std::string_view key) {
  const Value* value = body.Find(key);
  if (!value || value->is_null()) return Object();
  if (!value->is_object()) return BadJson(StrCat(key, " must be an object"));
  return *value->AsObject();
}

absl::StatusOr<json::Array> MaybeArray(const Object& body, std::string_view key) {
  const Value* value = body.Find(key);
  if (!value || value->is_null()) return json::Array();
  if (!value->is_array()) return BadJson(StrCat(key, " must be an array"));
  return *value->AsArray();
}

absl::Status ReadPreset(Wishes& wishes) {
  PARLEY_TRY(const std::optional<std::string> visibility, MaybeString(wishes.body, "visibility"));
  if (visibility && *visibility != "public" && *visibility != "private") {
    return InvalidParam("visibility must be public or private");
  }
  wishes.is_public = visibility == "public";
  PARLEY_TRY(const std::optional<std::string> preset, MaybeString(wishes.body, "preset"));
  const std::string_view name = preset ? std::string_view(*preset) : wishes.is_public ? "public_chat" : "private_chat";
  const auto found = absl::c_find_if(kPresets, [&](const Preset& known) { return known.name == name; });
  if (found == std::end(kPresets)) return InvalidParam("preset must be private_chat, public_chat or trusted_private_chat");
  wishes.preset = &*found;
  return absl::OkStatus();
}

absl::Status ReadInvites(const Config& config, Wishes& wishes) {
  PARLEY_TRY(const json::Array invites, MaybeArray(wishes.body, "invite"));
  if (invites.size() > config.max_initial_invites) return InvalidParam("Too many users to invite at once");
  for (const Value& invite : invites) {
    if (!invite.is_string()) return BadJson("invite must be an array of user ids");
    PARLEY_RETURN_IF_ERROR(UserId::Parse(*invite.AsString()).status());
    if (!absl::c_linear_search(wishes.invites, *invite.AsString())) wishes.invites.push_back(*invite.AsString());
  }
  PARLEY_TRY(const json::Array third_party, MaybeArray(wishes.body, "invite_3pid"));
  for (const Value& invite : third_party) {
    for (const std::string_view key : {"id_server", "medium", "address"}) {
      const Value* value = invite.Find(key);
      if (!value || !value->is_string()) return BadJson(StrCat("invite_3pid needs the string ", key));
    }
  }
  if (third_party.empty()) return absl::OkStatus();
  return Matrix(403, "M_THREEPID_DENIED", "This server has no identity server to invite by");
}

absl::StatusOr<RoomPlan::Event> ReadInitialState(const Config& config, const Value& value) {
  const Object* event = value.AsObject();
  if (!event) return BadJson("initial_state must be an array of objects");
  const std::string* type = json::FindString(*event, "type");
  const Object* content = json::FindObject(*event, "content");
  if (!type || !content) return BadJson("initial_state events need a type and an object as content");
  PARLEY_TRY(const std::optional<std::string> state_key, MaybeString(*event, "state_key"));
  RoomPlan::Event planned{*type, state_key.value_or(""), *content};
  PARLEY_RETURN_IF_ERROR(CheckContent(planned.type, planned.state_key, planned.content, config.server_name));
  return planned;
}

absl::StatusOr<Wishes> ReadWishes(const Config& config, const Object& body) {
  Wishes wishes{.body = body, .invites = {}, .creation_content = {}, .initial_state = {}};
  PARLEY_RETURN_IF_ERROR(ReadPreset(wishes));
  PARLEY_RETURN_IF_ERROR(ReadInvites(config, wishes));
  PARLEY_TRY(wishes.creation_content, MaybeObject(body, "creation_content"));
  PARLEY_TRY(const json::Array state, MaybeArray(body, "initial_state"));
  for (const Value& event : state) {
    PARLEY_TRY(RoomPlan::Event planned, ReadInitialState(config, event));
    wishes.initial_state.push_back(std::move(planned));
  }
  return wishes;
}

absl::StatusOr<const event::RoomVersion*> ReadVersion(const Config& config, const Object& body) {
  PARLEY_TRY(const std::optional<std::string> wanted, MaybeString(body, "room_version"));
  const event::RoomVersion* version = event::FindRoomVersion(wanted.value_or(config.default_room_version));
  if (!version) return Matrix(400, "M_UNSUPPORTED_ROOM_VERSION", "This server does not know this room version");
  return version;
}

absl::StatusOr<std::optional<RoomAlias>> ReadAlias(const Config& config, const Object& body) {
  PARLEY_TRY(const std::optional<std::string> name, MaybeString(body, "room_alias_name"));
  if (!name) return std::nullopt;
  const bool is_plain = !name->empty() && absl::c_none_of(*name, [](unsigned char c) {
    return c == ':' || c == '#' || c == 0 || absl::ascii_isspace(c);
  });
  if (!is_plain) return InvalidParam("room_alias_name must be the local part of an alias");
  PARLEY_TRY(RoomAlias alias, RoomAlias::Parse(StrCat("#", *name, ":", config.server_name)));
  return alias;
}

bool IsOneOf(const Value& value, const json::Array& array) {
  return absl::c_any_of(array, [&](const Value& other) { return other == value; });
}

absl::StatusOr<Object> CreateContent(const event::RoomVersion& version, const UserId& creator, const Wishes& wishes) {
  Object content = wishes.creation_content;
  content.Erase("creator");
  if (!version.creator_is_sender) content.Set("creator", creator.str());
  content.Set("room_version", version.id);
  if (!version.privileged_creators) return content;
  PARLEY_TRY(json::Array others, MaybeArray(content, "additional_creators"));
  for (const Value& other : others) {
    if (!other.AsString() || !UserId::Parse(*other.AsString()).ok()) {
      return InvalidParam("additional_creators must be an array of user ids");
    }
  }
  if (wishes.preset->invitees_are_equals) {
    for (const std::string& invitee : wishes.invites) {
      if (!IsOneOf(invitee, others)) others.push_back(invitee);
    }
  }
  if (!others.empty()) content.Set("additional_creators", std::move(others));
  return content;
}

// Of the initial state, or the default; what the request overrides on top.
absl::StatusOr<Object> PowerLevelContent(const RoomPlan& plan, const Wishes& wishes) {
  Object content = DefaultPowerLevels(*plan.version, plan.creator);
  if (wishes.preset->join_rule == "invite") content.Set("invite", 0);
  if (wishes.preset->invitees_are_equals && !plan.version->privileged_creators) {
    for (const std::string& invitee : wishes.invites) content.Find("users")->AsObject()->Set(invitee, 100);
  }
  for (const RoomPlan::Event& event : wishes.initial_state) {
    if (event.type == event::kPowerLevels && event.state_key.empty()) content = event.content;
  }
  PARLEY_TRY(const Object override, MaybeObject(wishes.body, "power_level_content_override"));
  for (const auto& [key, value] : override) content.Set(key, value);
  PARLEY_RETURN_IF_ERROR(CheckContent(event::kPowerLevels, "", content, ""));
  return content;
}

bool IsInitialState(const Wishes& wishes, std::string_view type) {
  return absl::c_any_of(wishes.initial_state, [&](const RoomPlan::Event& event) {
    return event.type == type && event.state_key.empty();
  });
}

void AddPresetState(const Wishes& wishes, RoomPlan& plan) {
  const auto add = [&](std::string_view type, std::string_view key, std::string_view value) {
    if (!IsInitialState(wishes, type)) plan.events.push_back({std::string(type), "", {{std::string(key), value}}});
  };
  add(event::kJoinRules, "join_rule", wishes.preset->join_rule);
  add(event::kHistoryVisibility, "history_visibility", "shared");
  // Guests stay out of a room that does not say otherwise.
  if (wishes.preset->guest_access != "forbidden") add("m.room.guest_access", "guest_access", wishes.preset->guest_access);
}

absl::Status AddNames(const Wishes& wishes, RoomPlan& plan) {
  PARLEY_TRY(const std::optional<std::string> name, MaybeString(wishes.body, "name"));
  PARLEY_TRY(const std::optional<std::string> topic, MaybeString(wishes.body, "topic"));
  if (name) plan.events.push_back({"m.room.name", "", {{"name", *name}}});
  if (topic) {
    const Object plain{{"body", *topic}, {"mimetype", "text/plain"}};
    plan.events.push_back(
        {"m.room.topic", "", {{"topic", *topic}, {"m.topic", Object{{"m.text", json::Array{plain}}}}}});
  }
  return absl::OkStatus();
}

absl::Status AddInvites(const Config& config, const v1::CreateRoomRequest& request, const Wishes& wishes,
                        RoomPlan& plan) {
  const Value* is_direct = wishes.body.Find("is_direct");
  if (is_direct && !is_direct->is_bool() && !is_direct->is_null()) return BadJson("is_direct must be true or false");
  for (const std::string& invitee : wishes.invites) {
    Object content{{"membership", "invite"}};
    const auto profile = request.invited_profiles().find(invitee);
    if (profile != request.invited_profiles().end()) SetProfile(profile->second, content);
    if (is_direct && is_direct->AsBool() && *is_direct->AsBool()) content.Set("is_direct", true);
    const bool is_local = UserId::Trusted(invitee).server_name() == config.server_name;
    auto& invites = is_local ? plan.events : plan.remote_invites;
    invites.push_back({std::string(event::kMember), invitee, std::move(content)});
  }
  return absl::OkStatus();
}

}  // namespace

json::Object DefaultPowerLevels(const event::RoomVersion& version, const UserId& creator) {
  const bool has_creators = version.privileged_creators;
  return {{"users", has_creators ? Object() : Object{{creator.str(), 100}}},
          {"users_default", 0},
          {"events", Object{{"m.room.name", 50},
                            {"m.room.avatar", 50},
                            {"m.room.canonical_alias", 50},
                            {"m.room.power_levels", 100},
                            {"m.room.history_visibility", 100},
                            {"m.room.encryption", 100},
                            {"m.room.server_acl", 100},
                            {"m.room.tombstone", has_creators ? 150 : 100}}},
          {"events_default", 0},
          {"state_default", 50},
          {"ban", 50},
          {"kick", 50},
          {"redact", 50},
          {"invite", 50},
          {"historical", 100}};
}

// The order of the specification.
absl::StatusOr<RoomPlan> PlanRoom(const Config& config, const v1::CreateRoomRequest& request) {
  PARLEY_TRY(const Object body, json::ParseObject(request.body()));
  PARLEY_TRY(const Wishes wishes, ReadWishes(config, body));
  RoomPlan plan;
  plan.creator = UserId::Trusted(request.requester().user_id());
  plan.published = wishes.is_public;
  PARLEY_TRY(plan.version, ReadVersion(config, body));
  PARLEY_TRY(plan.alias, ReadAlias(config, body));
  PARLEY_TRY(plan.create_content, CreateContent(*plan.version, plan.creator, wishes));

  Object join{{"membership", "join"}};
  SetProfile(request.profile(), join);
  plan.events.push_back({std::string(event::kMember), plan.creator.str(), std::move(join)});
  PARLEY_TRY(Object levels, PowerLevelContent(plan, wishes));
  plan.events.push_back({std::string(event::kPowerLevels), "", std::move(levels)});
  if (plan.alias) plan.events.push_back({"m.room.canonical_alias", "", {{"alias", plan.alias->str()}}});
  AddPresetState(wishes, plan);
  for (const RoomPlan::Event& event : wishes.initial_state) {
    const bool is_done = event.type == event::kPowerLevels && event.state_key.empty();
    if (!is_done && event.type != event::kCreate) plan.events.push_back(event);
  }
  PARLEY_RETURN_IF_ERROR(AddNames(wishes, plan));
  PARLEY_RETURN_IF_ERROR(AddInvites(config, request, wishes, plan));
  return plan;
}

}  // namespace parley::events
