#include "services/events/upgrade.h"

#include <algorithm>
#include <array>

#include <absl/algorithm/container.h>

#include "common/event/event_types.h"
#include "common/event/power_levels.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "services/events/aliases.h"
#include "services/events/create_room.h"
#include "services/events/directory.h"
#include "services/events/membership.h"
#include "services/events/retry.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using json::Object;

constexpr std::string_view kTombstone = "m.room.tombstone";
constexpr std::string_view kCanonicalAlias = "m.room.canonical_alias";

// What moves over as it is, in an order that the auth rules accept.
constexpr std::array<std::string_view, 8> kCopied = {
    event::kJoinRules, event::kHistoryVisibility, "m.room.guest_access", "m.room.name",
    "m.room.topic",    "m.room.avatar",           "m.room.encryption",   "m.room.server_acl"};

struct Old {
  RoomPtr room;
  event::PduPtr create;
  event::PduPtr levels;
  std::string latest_event;
  bool published = false;
};

absl::StatusOr<Old> ReadOld(const Context& context, const std::string& room_id) {
  Old old;
  PARLEY_TRY(old.room, context.rooms.Get(room_id));
  PARLEY_TRY(old.create, StateEvent(context.store, *old.room, event::kCreate, ""));
  PARLEY_TRY(old.levels, StateEvent(context.store, *old.room, event::kPowerLevels, ""));
  absl::MutexLock lane(&old.room->lane);
  old.latest_event = old.room->extremities.front()->event_id.str();
  old.published = old.room->published;
  return old;
}

absl::Status MayUpgrade(const Old& old, const std::string& user) {
  const event::PowerLevels power(old.create.get(), old.levels.get());
  if (!old.room->state.IsJoined(user)) return Forbidden("You are not in this room");
  if (power.UserLevel(user) >= power.EventLevel(kTombstone, true)) return absl::OkStatus();
  return Forbidden("You may not upgrade this room");
}

absl::StatusOr<Object> CreateContent(const Old& old, const event::RoomVersion& version,
                                     const v1::UpgradeRoomRequest& request) {
  Object content = old.create->content;
  for (const std::string_view key : {"creator", "additional_creators", "predecessor"}) content.Erase(key);
  content.Set("room_version", version.id);
  Object predecessor{{"room_id", old.room->id}};
  if (!version.room_id_is_create_hash) predecessor.Set("event_id", old.latest_event);
  content.Set("predecessor", std::move(predecessor));
  if (!version.creator_is_sender) content.Set("creator", request.requester().user_id());
  if (!version.privileged_creators) return content;
  json::Array others;
  for (const std::string& user : request.additional_creators()) {
    PARLEY_RETURN_IF_ERROR(UserId::Parse(user).status());
    others.push_back(user);
  }
  if (!others.empty()) content.Set("additional_creators", std::move(others));
  return content;
}

bool IsNewCreator(const Object& create_content, const std::string& creator, const std::string& user) {
  const json::Array* others = json::FindArray(create_content, "additional_creators");
  return user == creator ||
         (others && absl::c_any_of(*others, [&](const json::Value& other) { return other == json::Value(user); }));
}

// The levels that the new room ends with. Creators of the new one must not be listed; where creators have no power of their
// own, those of the old room keep theirs as a level.
Object FinalLevels(const Old& old, const RoomPlan& plan) {
  Object content = old.levels ? old.levels->content : DefaultPowerLevels(*plan.version, plan.creator);
  const Object* listed = json::FindObject(content, "users");
  Object users = listed ? *listed : Object();
  if (old.room->version->privileged_creators && !plan.version->privileged_creators) {
    const int64_t top = std::max<int64_t>(100, event::PowerLevels(nullptr, old.levels.get()).EventLevel(kTombstone, true));
    if (!users.Has(old.create->sender.str())) users.Set(old.create->sender.str(), top);
    if (const json::Array* others = json::FindArray(old.create->content, "additional_creators")) {
      for (const json::Value& other : *others) {
        if (other.AsString() && !users.Has(*other.AsString())) users.Set(*other.AsString(), top);
      }
    }
  }
  if (plan.version->privileged_creators) {
    Object kept;
    for (const auto& [user, level] : users) {
      if (!IsNewCreator(plan.create_content, plan.creator.str(), user)) kept.Set(user, level);
    }
    users = std::move(kept);
    const Object* events = json::FindObject(content, "events");
    Object changed = events ? *events : Object();
    changed.Set(kTombstone, std::max<int64_t>(150, json::IntOr(content, "state_default", 50) + 1));
    content.Set("events", std::move(changed));
  }
  content.Set("users", std::move(users));
  return content;
}

// Levels that let the creator set everything up.
Object FirstLevels(const RoomPlan& plan, const Object& final_levels) {
  if (plan.version->privileged_creators) return final_levels;
  Object content = final_levels;
  int64_t needed = std::max<int64_t>(100, json::IntOr(content, "state_default", 50));
  if (const Object* events = json::FindObject(content, "events")) {
    for (const auto& [type, level] : *events) {
      if (level.AsInt()) needed = std::max(needed, *level.AsInt());
    }
  }
  for (const std::string_view key : {"ban", "invite"}) needed = std::max(needed, json::IntOr(content, key, 50));
  Object* users = content.Find("users")->AsObject();
  users->Set(plan.creator.str(), std::max(needed, json::IntOr(*users, plan.creator.str(), 0)));
  return content;
}

absl::Status AddCopies(const Context& context, const Old& old, RoomPlan& plan) {
  for (const std::string_view type : kCopied) {
    PARLEY_TRY(const event::PduPtr event, StateEvent(context.store, *old.room, type, ""));
    if (event) plan.events.push_back({std::string(type), "", event->content});
  }
  if (json::StringOr(old.create->content, "type", "") == "m.space") {
    for (const std::string& child : old.room->state.KeysOf("m.space.child")) {
      PARLEY_TRY(const event::PduPtr event, StateEvent(context.store, *old.room, "m.space.child", child));
      if (event && !event->content.empty()) plan.events.push_back({"m.space.child", child, event->content});
    }
  }
  for (const std::string& user : old.room->state.Members(event::Membership::kBan)) {
    PARLEY_TRY(const event::PduPtr ban, StateEvent(context.store, *old.room, event::kMember, user));
    Object content{{"membership", "ban"}};
    if (const std::string* reason = json::FindString(ban->content, "reason")) content.Set("reason", *reason);
    plan.events.push_back({std::string(event::kMember), user, std::move(content)});
  }
  return absl::OkStatus();
}

absl::StatusOr<RoomPlan> PlanUpgrade(const Context& context, const Old& old, const v1::UpgradeRoomRequest& request) {
  RoomPlan plan;
  plan.version = event::FindRoomVersion(request.new_version());
  if (!plan.version) return Matrix(400, "M_UNSUPPORTED_ROOM_VERSION", "This server does not know this room version");
  plan.creator = UserId::Trusted(request.requester().user_id());
  plan.published = old.published;
  PARLEY_TRY(plan.create_content, CreateContent(old, *plan.version, request));
  Object join{{"membership", "join"}};
  SetProfile(request.profile(), join);
  plan.events.push_back({std::string(event::kMember), plan.creator.str(), std::move(join)});
  const Object final_levels = FinalLevels(old, plan);
  Object first_levels = FirstLevels(plan, final_levels);
  const bool levels_change = !(json::Value(first_levels) == json::Value(final_levels));
  plan.events.push_back({std::string(event::kPowerLevels), "", std::move(first_levels)});
  PARLEY_RETURN_IF_ERROR(AddCopies(context, old, plan));
  if (levels_change) plan.events.push_back({std::string(event::kPowerLevels), "", final_levels});
  return plan;
}

// Nobody but moderators talks or invites in the old room any more.
Object ClosedLevels(const event::PduPtr& levels) {
  Object content = levels ? levels->content : Object();
  const int64_t level = std::max<int64_t>(50, json::IntOr(content, "users_default", 0) + 1);
  for (const std::string_view key : {"events_default", "invite"}) {
    content.Set(key, std::max(level, json::IntOr(content, key, 0)));
  }
  return content;
}

absl::StatusOr<Sent> CloseOnce(const Context& context, const rpc::Call& call, const Old& old, const UserId& user,
                               const std::string& replacement) {
  PARLEY_TRY(auto write, RoomWrite::Open(context, old.room->id));
  PARLEY_RETURN_IF_ERROR(write
                             ->Add({user, std::string(kTombstone), "",
                                    Object{{"body", "This room has been replaced"}, {"replacement_room", replacement}}})
                             .status());
  PARLEY_TRY(const event::PduPtr levels, write->State(event::kPowerLevels, ""));
  // Who may set a tombstone need not be allowed to change levels.
  write->Add({user, std::string(event::kPowerLevels), "", ClosedLevels(levels)}).status().IgnoreError();
  PARLEY_TRY(const event::PduPtr alias, write->State(kCanonicalAlias, ""));
  if (alias && !alias->content.empty()) {
    write->Add({user, std::string(kCanonicalAlias), "", Object()}).status().IgnoreError();
  }
  if (old.published) write->SetPublished(false);
  return write->Commit(call);
}

// Aliases of ours lead to the new room; the new room calls itself by them.
absl::Status MoveAliases(const Context& context, const rpc::Call& call, const Old& old, const UserId& user,
                         const std::string& replacement) {
  PARLEY_TRY(const event::PduPtr canonical, StateEvent(context.store, *old.room, kCanonicalAlias, ""));
  PARLEY_TRY(const std::vector<AliasRow> aliases, AliasesOfRoom(context, old.room->id));
  for (AliasRow alias : aliases) {
    alias.room_id = replacement;
    PARLEY_RETURN_IF_ERROR(MoveAlias(context, call, alias));
  }
  if (!canonical || canonical->content.empty()) return absl::OkStatus();
  PARLEY_TRY(auto write, RoomWrite::Open(context, replacement));
  PARLEY_RETURN_IF_ERROR(write->Add({user, std::string(kCanonicalAlias), "", canonical->content}).status());
  return write->Commit(call).status();
}

}  // namespace

absl::StatusOr<v1::UpgradeRoomResponse> UpgradeOldRoom(const Context& context, const rpc::Call& call,
                                                       const v1::UpgradeRoomRequest& request) {
  PARLEY_TRY(const Old old, ReadOld(context, request.room_id()));
  if (!event::FindRoomVersion(request.new_version())) {
    return Matrix(400, "M_UNSUPPORTED_ROOM_VERSION", "This server does not know this room version");
  }
  PARLEY_RETURN_IF_ERROR(MayUpgrade(old, request.requester().user_id()));
  PARLEY_TRY(const RoomPlan plan, PlanUpgrade(context, old, request));
  PARLEY_TRY(const std::string replacement, MakeRoom(context, call, plan));
  // Before the old room is closed: afterwards its own rules may keep the user from it.
  MoveAliases(context, call, old, plan.creator, replacement).IgnoreError();
  PARLEY_RETURN_IF_ERROR(
      Retry(call, [&] { return CloseOnce(context, call, old, plan.creator, replacement); }).status());
  accounts::CopyRoomSettingsRequest settings;
  settings.set_user_id(plan.creator.str());
  settings.set_from_room_id(old.room->id);
  settings.set_to_room_id(replacement);
  context.accounts.CopyRoomSettings(call, settings).IgnoreError();
  v1::UpgradeRoomResponse response;
  response.set_replacement_room(replacement);
  return response;
}

}  // namespace parley::events
