#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/profile/v1/profile.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

// Client-server API, "Rooms": creation, upgrade, and who is in.
namespace parley::gateway {
namespace {

using events::MembershipAction;

constexpr absl::Duration kJoinTimeout = absl::Minutes(5);

// The profiles of the creator and of those of `invite` that are ours.
absl::Status AddProfiles(const Deps& deps, RequestContext& context, const json::Object& body,
                         events::CreateRoomRequest& request) {
  profile::GetManyRequest wanted;
  wanted.add_user_ids(context.requester().user.str());
  if (const json::Array* invites = json::FindArray(body, "invite")) {
    for (const json::Value& invite : *invites) {
      const std::string* user = invite.AsString();
      if (user && UserId::Trusted(*user).server_name() == deps.config.server_name) wanted.add_user_ids(*user);
    }
  }
  PARLEY_TRY(const profile::GetManyResponse found, deps.profile.GetMany(context.call(), wanted));
  for (const auto& [user, fields] : found.profiles()) {
    if (user == context.requester().user.str()) *request.mutable_profile() = fields;
    (*request.mutable_invited_profiles())[user] = fields;
  }
  return absl::OkStatus();
}

// POST /_matrix/client/v3/createRoom
absl::StatusOr<HttpAnswer> CreateRoom(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  auto request = RequestBy<events::CreateRoomRequest>(context);
  request.set_body(context.RawBody());
  PARLEY_RETURN_IF_ERROR(AddProfiles(deps, context, *body, request));
  PARLEY_TRY(const events::CreateRoomResponse response, deps.events.CreateRoom(context.call(), request));
  json::Object answer{{"room_id", response.room_id()}};
  if (!response.room_alias().empty()) answer.Set("room_alias", response.room_alias());
  return JsonAnswer(answer);
}

// POST /_matrix/client/v3/rooms/{roomId}/upgrade
absl::StatusOr<HttpAnswer> UpgradeRoom(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  auto request = RequestBy<events::UpgradeRoomRequest>(context);
  request.set_room_id(room.str());
  PARLEY_TRY(*request.mutable_new_version(), RequiredString(*body, "new_version"));
  if (const json::Value* creators = body->Find("additional_creators")) {
    if (!creators->is_array()) return BadJson("additional_creators must be an array of user ids");
    for (const json::Value& creator : *creators->AsArray()) {
      if (!creator.is_string()) return BadJson("additional_creators must be an array of user ids");
      request.add_additional_creators(*creator.AsString());
    }
  }
  PARLEY_TRY(*request.mutable_profile(), ProfileOf(deps, context.call(), context.requester().user.str()));
  PARLEY_TRY(const events::UpgradeRoomResponse response, deps.events.UpgradeRoom(context.call(), request));
  return JsonAnswer(json::Object{{"replacement_room", response.replacement_room()}});
}

absl::StatusOr<std::string> Change(const Deps& deps, RequestContext& context, events::ChangeMembershipRequest request) {
  PARLEY_TRY(const json::Object* body, context.BodyOrEmpty());
  PARLEY_TRY(const std::optional<std::string> reason, OptionalString(*body, "reason"));
  if (reason) request.set_reason(*reason);
  rpc::Call call = context.call();
  // A large room of other servers takes its time; the client may give up, the join goes on.
  if (request.action() == events::v1::MEMBERSHIP_ACTION_JOIN) call.deadline += kJoinTimeout;
  PARLEY_RETURN_IF_ERROR(deps.events.ChangeMembership(call, request).status());
  return request.room_id();
}

// The requester's own: join, knock.
absl::StatusOr<HttpAnswer> Enter(const Deps& deps, RequestContext& context, MembershipAction action,
                                 const std::string& id_or_alias) {
  PARLEY_TRY(const json::Object* body, context.BodyOrEmpty());
  auto request = RequestBy<events::ChangeMembershipRequest>(context);
  json::Object extra = *body;
  for (const std::string_view key : {"reason", "third_party_signed"}) extra.Erase(key);
  if (!extra.empty()) request.set_extra_content(json::Serialize(extra));
  PARLEY_TRY(NamedRoom named, ResolveRoom(deps, context, id_or_alias));
  request.set_room_id(std::move(named.room_id));
  for (std::string& server : named.servers) request.add_servers(std::move(server));
  request.set_target_user_id(context.requester().user.str());
  request.set_action(action);
  PARLEY_TRY(*request.mutable_profile(), ProfileOf(deps, context.call(), context.requester().user.str()));
  PARLEY_TRY(const std::string room, Change(deps, context, std::move(request)));
  return JsonAnswer(json::Object{{"room_id", room}});
}

// POST /_matrix/client/v3/rooms/{roomId}/leave
absl::StatusOr<HttpAnswer> Leave(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  auto request = RequestBy<events::ChangeMembershipRequest>(context);
  request.set_room_id(room.str());
  request.set_target_user_id(context.requester().user.str());
  request.set_action(events::v1::MEMBERSHIP_ACTION_LEAVE);
  PARLEY_RETURN_IF_ERROR(Change(deps, context, std::move(request)).status());
  return EmptyAnswer();
}

// Another's: invite, kick, ban, unban.
absl::StatusOr<HttpAnswer> ChangeOther(const Deps& deps, RequestContext& context, MembershipAction action) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  if (!body->Has("user_id") && body->Has("medium")) {
    return Matrix(403, "M_THREEPID_DENIED", "This server has no identity server to invite by");
  }
  PARLEY_TRY(const std::string text, RequiredString(*body, "user_id"));
  PARLEY_TRY(const UserId user, UserId::Parse(text));
  auto request = RequestBy<events::ChangeMembershipRequest>(context);
  request.set_room_id(room.str());
  request.set_target_user_id(user.str());
  request.set_action(action);
  if (action == events::v1::MEMBERSHIP_ACTION_INVITE && user.server_name() == deps.config.server_name) {
    PARLEY_TRY(*request.mutable_profile(), ProfileOf(deps, context.call(), user.str()));
  }
  PARLEY_RETURN_IF_ERROR(Change(deps, context, std::move(request)).status());
  return EmptyAnswer();
}

// POST /_matrix/client/v3/rooms/{roomId}/forget
absl::StatusOr<HttpAnswer> Forget(const Deps& deps, RequestContext& context) {
  PARLEY_RETURN_IF_ERROR(context.BodyOrEmpty().status());
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  accounts::ForgetRoomRequest request;
  request.set_user_id(context.requester().user.str());
  request.set_room_id(room.str());
  PARLEY_RETURN_IF_ERROR(deps.accounts.ForgetRoom(context.call(), request).status());
  return EmptyAnswer();
}

void AddEntrances(Router& router, const Deps& deps) {
  struct Entrance {
    std::string_view path;
    std::string_view param;
    MembershipAction action;
  };
  for (const Entrance& entrance : {Entrance{"/_matrix/client/v3/join/{roomIdOrAlias}", "roomIdOrAlias",
                                            events::v1::MEMBERSHIP_ACTION_JOIN},
                                   Entrance{"/_matrix/client/v3/rooms/{roomId}/join", "roomId",
                                            events::v1::MEMBERSHIP_ACTION_JOIN},
                                   Entrance{"/_matrix/client/v3/knock/{roomIdOrAlias}", "roomIdOrAlias",
                                            events::v1::MEMBERSHIP_ACTION_KNOCK}}) {
    router.Add({.method = "POST",
                .path = entrance.path,
                .auth = entrance.action == events::v1::MEMBERSHIP_ACTION_JOIN ? Auth::kGuest : Auth::kUser,
                .limit = Limit::kWrite,
                .handler = [deps, entrance](RequestContext& context) {
                  return Enter(deps, context, entrance.action, context.Param(entrance.param));
                }});
  }
}

}  // namespace

void AddRoomRoutes(Router& router, const Deps& deps) {
  const auto add = [&](std::string_view path, auto handle, Auth auth = Auth::kUser) {
    router.Add({.method = "POST",
                .path = path,
                .auth = auth,
                .limit = Limit::kWrite,
                .handler = [deps, handle](RequestContext& context) { return handle(deps, context); }});
  };
  add("/_matrix/client/v3/createRoom", CreateRoom);
  add("/_matrix/client/v3/rooms/{roomId}/upgrade", UpgradeRoom);
  add("/_matrix/client/v3/rooms/{roomId}/leave", Leave, Auth::kGuest);
  add("/_matrix/client/v3/rooms/{roomId}/forget", Forget, Auth::kGuest);
  AddEntrances(router, deps);
  const std::pair<std::string_view, MembershipAction> others[] = {
      {"/_matrix/client/v3/rooms/{roomId}/invite", events::v1::MEMBERSHIP_ACTION_INVITE},
      {"/_matrix/client/v3/rooms/{roomId}/kick", events::v1::MEMBERSHIP_ACTION_KICK},
      {"/_matrix/client/v3/rooms/{roomId}/ban", events::v1::MEMBERSHIP_ACTION_BAN},
      {"/_matrix/client/v3/rooms/{roomId}/unban", events::v1::MEMBERSHIP_ACTION_UNBAN}};
  for (const auto& [path, action] : others) {
    add(path, [action = action](const Deps& deps, RequestContext& context) { return ChangeOther(deps, context, action); });
  }
}

}  // namespace parley::gateway
