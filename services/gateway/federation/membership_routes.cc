#include <utility>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/config.h"
#include "services/gateway/federation/requests.h"

// Server-server API, "Joining rooms", "Knocking upon a room", "Inviting to a room", "Leaving
// rooms". What a signed event may be is judged by `events`.
namespace parley::gateway {
namespace {

constexpr size_t kMaxVersions = 64;
constexpr size_t kMaxStrippedState = 100;
constexpr std::string_view kOldestRoomVersion = "1";

absl::StatusOr<HttpAnswer> Make(const Deps& deps, RequestContext& context,
                                const std::string& origin, const std::string& membership) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const UserId user, context.UserParam("userId"));
  if (user.server_name() != origin) return Forbidden("The user is not of the server that asks");
  events::MakeMembershipRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  request.set_user_id(user.str());
  request.set_membership(membership);
  for (const std::string_view version : context.QueryAll("ver")) {
    if (request.versions_size() < static_cast<int>(kMaxVersions))
      request.add_versions(std::string(version));
  }
  if (request.versions().empty()) request.add_versions(std::string(kOldestRoomVersion));
  PARLEY_TRY(auto response, deps.room_federation.MakeMembership(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

absl::StatusOr<std::string> Send(const Deps& deps, RequestContext& context,
                                 const std::string& origin, const std::string& membership) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const EventId event, context.EventParam("eventId"));
  PARLEY_TRY(const bool omit_members, context.QueryBool("omit_members", false));
  PARLEY_RETURN_IF_ERROR(context.Body().status());
  events::SendMembershipRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  request.set_event_id(event.str());
  request.set_membership(membership);
  request.set_event(context.RawBody());
  request.set_omit_members(omit_members);
  PARLEY_TRY(auto response, deps.room_federation.SendMembership(context.call(), request));
  return std::move(*response.mutable_json());
}

// The answers of v1: [200, {…}].
HttpAnswer InPair(std::string_view json) {
  return JsonAnswer(StrCat("[200,", json, "]"));
}

// GET /_matrix/federation/v1/make_join/{roomId}/{userId}
absl::StatusOr<HttpAnswer> MakeJoin(const Deps& deps, RequestContext& context,
                                    const std::string& origin) {
  return Make(deps, context, origin, "join");
}

// GET /_matrix/federation/v1/make_leave/{roomId}/{userId}
absl::StatusOr<HttpAnswer> MakeLeave(const Deps& deps, RequestContext& context,
                                     const std::string& origin) {
  return Make(deps, context, origin, "leave");
}

// GET /_matrix/federation/v1/make_knock/{roomId}/{userId}
absl::StatusOr<HttpAnswer> MakeKnock(const Deps& deps, RequestContext& context,
                                     const std::string& origin) {
  return Make(deps, context, origin, "knock");
}

// PUT /_matrix/federation/v2/send_join/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> SendJoin(const Deps& deps, RequestContext& context,
                                    const std::string& origin) {
  PARLEY_TRY(std::string json, Send(deps, context, origin, "join"));
  return JsonAnswer(std::move(json));
}

// PUT /_matrix/federation/v2/send_leave/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> SendLeave(const Deps& deps, RequestContext& context,
                                     const std::string& origin) {
  PARLEY_RETURN_IF_ERROR(Send(deps, context, origin, "leave").status());
  return EmptyAnswer();
}

// PUT /_matrix/federation/v1/send_knock/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> SendKnock(const Deps& deps, RequestContext& context,
                                     const std::string& origin) {
  PARLEY_TRY(std::string json, Send(deps, context, origin, "knock"));
  return JsonAnswer(std::move(json));
}

// PUT /_matrix/federation/v1/send_join/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> SendJoinV1(const Deps& deps, RequestContext& context,
                                      const std::string& origin) {
  PARLEY_TRY(const std::string json, Send(deps, context, origin, "join"));
  return InPair(json);
}

// PUT /_matrix/federation/v1/send_leave/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> SendLeaveV1(const Deps& deps, RequestContext& context,
                                       const std::string& origin) {
  PARLEY_RETURN_IF_ERROR(Send(deps, context, origin, "leave").status());
  return InPair("{}");
}

absl::StatusOr<HttpAnswer> RefuseOld(const Deps&, RequestContext&, const std::string&) {
  return Unrecognized("This version of the endpoint is not served");
}

absl::Status AddStrippedState(const json::Object& from, events::ReceiveInviteRequest& request) {
  const json::Value* state = from.Find("invite_room_state");
  if (state == nullptr) return absl::OkStatus();
  if (!state->is_array()) return BadJson("invite_room_state must be an array");
  for (const json::Value& item : *state->AsArray()) {
    if (!item.is_object()) return BadJson("invite_room_state must hold objects");
    if (request.invite_room_state_size() < static_cast<int>(kMaxStrippedState)) {
      request.add_invite_room_state(json::Serialize(item));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> Invite(const Deps& deps, RequestContext& context,
                                   events::ReceiveInviteRequest request) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const EventId event, context.EventParam("eventId"));
  request.set_room_id(room.str());
  request.set_event_id(event.str());
  PARLEY_TRY(auto response, deps.room_federation.ReceiveInvite(context.call(), request));
  return StrCat("{\"event\":", response.event(), "}");
}

// PUT /_matrix/federation/v2/invite/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> InviteV2(const Deps& deps, RequestContext& context,
                                    const std::string& origin) {
  PARLEY_TRY(const json::Object* body, context.Body());
  const json::Object* event = json::FindObject(*body, "event");
  if (event == nullptr) return BadJson("event must be an object");
  PARLEY_TRY(const std::string version, RequiredString(*body, "room_version"));
  events::ReceiveInviteRequest request;
  request.set_origin(origin);
  request.set_room_version(version);
  request.set_event(json::Serialize(*event));
  PARLEY_RETURN_IF_ERROR(AddStrippedState(*body, request));
  PARLEY_TRY(std::string answer, Invite(deps, context, std::move(request)));
  return JsonAnswer(std::move(answer));
}

// PUT /_matrix/federation/v1/invite/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> InviteV1(const Deps& deps, RequestContext& context,
                                    const std::string& origin) {
  PARLEY_TRY(const json::Object* body, context.Body());
  events::ReceiveInviteRequest request;
  request.set_origin(origin);
  request.set_room_version(std::string(kOldestRoomVersion));
  request.set_event(context.RawBody());
  if (const json::Object* data = json::FindObject(*body, "unsigned")) {
    PARLEY_RETURN_IF_ERROR(AddStrippedState(*data, request));
  }
  PARLEY_TRY(const std::string answer, Invite(deps, context, std::move(request)));
  return InPair(answer);
}

}  // namespace

void AddFederationMembershipRoutes(Router& router, const FederationDeps& deps) {
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/make_join/{roomId}/{userId}", MakeJoin});
  AddSigned(router, deps,
            {"GET", "/_matrix/federation/v1/make_leave/{roomId}/{userId}", MakeLeave});
  AddSigned(router, deps,
            {"GET", "/_matrix/federation/v1/make_knock/{roomId}/{userId}", MakeKnock});
  AddSigned(router, deps, {"PUT", "/_matrix/federation/v2/send_join/{roomId}/{eventId}", SendJoin});
  AddSigned(router, deps,
            {"PUT", "/_matrix/federation/v2/send_leave/{roomId}/{eventId}", SendLeave});
  AddSigned(router, deps,
            {"PUT", "/_matrix/federation/v1/send_knock/{roomId}/{eventId}", SendKnock});
  AddSigned(router, deps,
            {"PUT", "/_matrix/federation/v2/invite/{roomId}/{eventId}", InviteV2, 1 << 20});
  AddSigned(router, deps,
            {"PUT", "/_matrix/federation/v1/invite/{roomId}/{eventId}", InviteV1, 1 << 20});
  const bool old = deps.deps.config.old_send_membership;
  AddSigned(
      router, deps,
      {"PUT", "/_matrix/federation/v1/send_join/{roomId}/{eventId}", old ? SendJoinV1 : RefuseOld});
  AddSigned(router, deps,
            {"PUT", "/_matrix/federation/v1/send_leave/{roomId}/{eventId}",
             old ? SendLeaveV1 : RefuseOld});
}

}  // namespace parley::gateway
