#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/calls/v1/calls.parley.h"
#include "parley/common/v1/common.pb.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

namespace parley::gateway {
namespace {

// GET /_matrix/client/v3/voip/turnServer
absl::StatusOr<HttpAnswer> GetTurnServer(calls::CallsService& calls, RequestContext& context) {
  calls::GetTurnServerRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  PARLEY_TRY(calls::GetTurnServerResponse response, calls.GetTurnServer(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

// GET /_matrix/client/unstable/org.matrix.msc4143/rtc/transports
absl::StatusOr<HttpAnswer> GetRtcTransports(calls::CallsService& calls, RequestContext& context) {
  PARLEY_TRY(calls::GetRtcTransportsResponse response, calls.GetRtcTransports(context.call(), {}));
  return JsonAnswer(std::move(*response.mutable_json()));
}

// M_FORBIDDEN unless the requester is in the room now.
absl::Status CheckJoined(const Deps& deps, const RequestContext& context, const RoomId& room) {
  auto request = RequestBy<events::GetStateEventRequest>(context);
  request.set_room_id(room.str());
  request.set_type("m.room.member");
  request.set_state_key(context.requester().user.str());
  PARLEY_TRY(const events::JsonResponse response, deps.events.GetStateEvent(context.call(), request));
  PARLEY_TRY(const json::Object member, json::ParseObject(response.json()));
  return json::StringOr(member, "membership", "") == "join" ? absl::OkStatus() : Forbidden("You are not in this room");
}

// GET /_matrix/client/unstable/dev.parley.calls/rooms/{roomId}/calls
absl::StatusOr<HttpAnswer> GetRoomCalls(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_RETURN_IF_ERROR(CheckJoined(deps, context, room));
  calls::GetRoomCallsRequest request;
  request.set_room_id(room.str());
  PARLEY_TRY(calls::GetRoomCallsResponse response, deps.calls.GetRoomCalls(context.call(), request));
  return JsonAnswer(std::move(*response.mutable_json()));
}

}  // namespace

void AddVoipRoutes(Router& router, const Deps& deps) {
  calls::CallsService& calls = deps.calls;
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/voip/turnServer",
              .auth = Auth::kGuest,
              .handler = [&calls](RequestContext& context) { return GetTurnServer(calls, context); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports",
              .auth = Auth::kGuest,
              .handler = [&calls](RequestContext& context) { return GetRtcTransports(calls, context); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/unstable/dev.parley.calls/rooms/{roomId}/calls",
              .auth = Auth::kGuest,
              .handler = [deps](RequestContext& context) { return GetRoomCalls(deps, context); }});
}

}  // namespace parley::gateway
