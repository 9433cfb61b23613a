#include "common/event/auth_rules.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/event/auth_check.h"
#include "common/event/event_types.h"
#include "common/status/matrix_error.h"

namespace parley::event {
namespace {

bool IsListOfUserIds(const json::Value& value) {
  const json::Array* users = value.AsArray();
  return users != nullptr && std::all_of(users->begin(), users->end(), [](const json::Value& user) {
           return user.is_string() && UserId::Parse(*user.AsString()).ok();
         });
}

bool IsKnownVersion(const json::Value& value) {
  return value.is_string() && FindRoomVersion(*value.AsString()) != nullptr;
}

AuthVerdict CheckCreate(const Pdu& event, const RulePlaces& at) {
  const RoomVersion& version = *event.version;
  if (!event.prev_events.empty()) return Reject({at.create, 1}, "A create event comes first");
  if (version.room_id_is_create_hash) {
    if (event.has_room_id_field)
      return Reject({at.create, 2}, "The room id follows from the event");
  } else if (event.room_id.server_name() != event.sender.server_name()) {
    return Reject({at.create, 2}, "The room id is of another server than the sender");
  }
  const json::Value* room_version = event.content.Find("room_version");
  if (room_version != nullptr && !IsKnownVersion(*room_version)) {
    return Reject({at.create, 3}, "The room version is unknown");
  }
  if (!version.creator_is_sender && !event.content.Has("creator")) {
    return Reject({at.create, 4}, "The create event names no creator");
  }
  const json::Value* others = event.content.Find("additional_creators");
  if (version.privileged_creators && others != nullptr && !IsListOfUserIds(*others)) {
    return Reject({at.create, 4}, "additional_creators is no list of user ids");
  }
  const bool has_fourth_check = !version.creator_is_sender || version.privileged_creators;
  return Allow({at.create, static_cast<uint8_t>(has_fourth_check ? 5 : 4)});
}

AuthVerdict NoCreateEvent(const RoomVersion& version, const RulePlaces& at) {
  if (version.create_in_auth_events) return Reject({at.auth_events, 4}, "There is no create event");
  return Reject({at.room_id}, "The room id is not that of an accepted create event");
}

bool SameTuple(const Pdu& a, const Pdu& b) {
  return a.type == b.type && a.state_key == b.state_key;
}

bool HasDuplicate(absl::Span<const AuthEvent> entries) {
  for (size_t i = 1; i < entries.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (SameTuple(*entries[i].event, *entries[j].event)) return true;
    }
  }
  return false;
}

bool IsSelected(const Pdu& entry, const std::vector<StateTuple>& selection) {
  return std::any_of(selection.begin(), selection.end(), [&entry](const StateTuple& tuple) {
    return entry.IsState(tuple.type, tuple.state_key);
  });
}

// v12: the create event is found by the room's id.
bool CreatesRoomOf(const AuthEvent& create, const Pdu& event) {
  return create.event != nullptr && !create.rejected && create.event->IsState(kCreate, "") &&
         create.event->room_id == event.room_id;
}

// What an invite by third party names as its token; empty if it names none.
std::string_view InviteToken(const json::Object& content) {
  const json::Object* invite = json::FindObject(content, "third_party_invite");
  const json::Object* signed_part =
      invite == nullptr ? nullptr : json::FindObject(*invite, "signed");
  return signed_part == nullptr ? "" : json::StringOr(*signed_part, "token", "");
}

void AddMemberAuthTypes(const RoomVersion& version, std::string_view sender,
                        const std::string* state_key, const json::Object& content,
                        std::vector<StateTuple>& types) {
  if (state_key != nullptr && *state_key != sender)
    types.push_back({std::string(kMember), *state_key});
  const std::string_view membership = json::StringOr(content, "membership", "");
  if (membership == "join" || membership == "invite" || membership == "knock") {
    types.push_back({std::string(kJoinRules), ""});
  }
  const std::string_view token = InviteToken(content);
  if (membership == "invite" && !token.empty()) {
    types.push_back({std::string(kThirdPartyInvite), std::string(token)});
  }
  const std::string_view authoriser =
      json::StringOr(content, "join_authorised_via_users_server", "");
  if (membership == "join" && version.AllowsRestrictedJoins() && !authoriser.empty()) {
    StateTuple tuple{std::string(kMember), std::string(authoriser)};
    if (std::find(types.begin(), types.end(), tuple) == types.end())
      types.push_back(std::move(tuple));
  }
}

}  // namespace

std::string RuleNumber::Text() const {
  std::string text;
  for (const uint8_t part : parts) {
    if (part == 0) break;
    StrAppend(&text, text.empty() ? "" : ".", static_cast<int>(part));
  }
  return text;
}

absl::Status AuthVerdict::ToStatus(const RoomVersion& version) const {
  if (allowed) return absl::OkStatus();
  return Forbidden(
      StrCat(reason, " (auth rule ", rule.Text(), " of room version ", version.id, ")"));
}

AuthVerdict CheckAuthRules(const Pdu& event, StateLookup state, const AuthFacts& facts) {
  const RulePlaces at(*event.version);
  if (event.type == kCreate) return CheckCreate(event, at);
  const Pdu* create = state(kCreate, "");
  if (create == nullptr) return NoCreateEvent(*event.version, at);
  return AuthCheck(event, *create, state, facts).Run();
}

AuthVerdict CheckAuthEvents(const Pdu& event, absl::Span<const AuthEvent> auth_events,
                            const AuthEvent& create) {
  const RoomVersion& version = *event.version;
  const RulePlaces at(version);
  if (event.type == kCreate) return Allow({});
  if (version.room_id_is_create_hash && !CreatesRoomOf(create, event)) {
    return NoCreateEvent(version, at);
  }
  if (HasDuplicate(auth_events)) return Reject({at.auth_events, 1}, "An auth event is given twice");
  const std::vector<StateTuple> selection = AuthTypesFor(event);
  bool has_create = false;
  for (const AuthEvent& entry : auth_events) {
    if (!IsSelected(*entry.event, selection)) {
      return Reject({at.auth_events, 2}, "An auth event does not belong there");
    }
    if (entry.rejected) return Reject({at.auth_events, 3}, "An auth event was rejected");
    has_create |= entry.event->type == kCreate;
  }
  if (version.create_in_auth_events && !has_create) return NoCreateEvent(version, at);
  const uint8_t other_room = version.create_in_auth_events ? 5 : 4;
  for (const AuthEvent& entry : auth_events) {
    if (entry.event->room_id != event.room_id) {
      return Reject({at.auth_events, other_room}, "An auth event is of another room");
    }
  }
  return Allow({});
}

std::vector<StateTuple> AuthTypesFor(const RoomVersion& version, std::string_view type,
                                     std::string_view sender, const std::string* state_key,
                                     const json::Object& content) {
  std::vector<StateTuple> types;
  if (type == kCreate) return types;
  if (version.create_in_auth_events) types.push_back({std::string(kCreate), ""});
  types.push_back({std::string(kPowerLevels), ""});
  types.push_back({std::string(kMember), std::string(sender)});
  if (type == kMember) AddMemberAuthTypes(version, sender, state_key, content, types);
  return types;
}

std::vector<StateTuple> AuthTypesFor(const Pdu& event) {
  return AuthTypesFor(*event.version, event.type, event.sender.str(),
                      event.state_key ? &*event.state_key : nullptr, event.content);
}

}  // namespace parley::event
