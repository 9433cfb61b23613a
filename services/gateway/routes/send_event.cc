#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/presence/v1/presence.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/delayed_events.h"
#include "services/gateway/routes/room_requests.h"

// Client-server API, "Sending events to a room" and "Redactions".
namespace parley::gateway {
namespace {

// MSC4140, as clients knew it before it was merged.
constexpr std::string_view kDelayParameter = "org.matrix.msc4140.delay";

absl::StatusOr<events::SendRequest> StartRequest(RequestContext& context, const std::string& type) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  auto request = RequestBy<events::SendRequest>(context);
  request.set_room_id(room.str());
  request.set_type(type);
  return request;
}

// Sending is pro-active (S45). The event is sent whether or not presence hears of it.
void RecordActivity(const Deps& deps, const RequestContext& context) {
  if (!deps.config.presence) return;
  presence::RecordActivityRequest request;
  request.add_activities()->set_user_id(context.requester().user.str());
  deps.presence.RecordActivity(context.call(), request).IgnoreError();
}

absl::StatusOr<HttpAnswer> Send(const Deps& deps, const RequestContext& context, const events::SendRequest& request) {
  PARLEY_TRY(const int64_t delay_ms, context.QueryInt(kDelayParameter, 0));
  if (context.Query(kDelayParameter)) return ScheduleSend(deps, context, request, delay_ms);
  PARLEY_TRY(const events::SendResponse response, deps.events.Send(context.call(), request));
  RecordActivity(deps, context);
  return EventIdAnswer(response.event_id());
}

// PUT /_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}
absl::StatusOr<HttpAnswer> SendMessage(const Deps& deps, RequestContext& context) {
  PARLEY_RETURN_IF_ERROR(context.Body().status());
  PARLEY_TRY(events::SendRequest request, StartRequest(context, context.Param("eventType")));
  request.set_content(context.RawBody());
  request.set_txn_id(context.Param("txnId"));
  return Send(deps, context, request);
}

// POST /_matrix/client/api/v1/rooms/{roomId}/send/{eventType}
absl::StatusOr<HttpAnswer> SendWithoutTransaction(const Deps& deps, RequestContext& context) {
  PARLEY_RETURN_IF_ERROR(context.Body().status());
  PARLEY_TRY(events::SendRequest request, StartRequest(context, context.Param("eventType")));
  request.set_content(context.RawBody());
  return Send(deps, context, request);
}

// PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}
// PUT /_matrix/client/v3/rooms/{roomId}/state/{eventType}
absl::StatusOr<HttpAnswer> SendState(const Deps& deps, RequestContext& context, bool has_key) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(events::SendRequest request, StartRequest(context, context.Param("eventType")));
  request.set_content(context.RawBody());
  request.set_state_key(has_key ? context.Param("stateKey") : "");
  const std::string_view membership = json::StringOr(*body, "membership", "");
  if (request.type() == "m.room.member" && (membership == "join" || membership == "invite")) {
    PARLEY_TRY(*request.mutable_profile(), ProfileOf(deps, context.call(), request.state_key()));
  }
  return Send(deps, context, request);
}

// PUT /_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}
absl::StatusOr<HttpAnswer> Redact(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.BodyOrEmpty());
  PARLEY_TRY(const std::optional<std::string> reason, OptionalString(*body, "reason"));
  PARLEY_TRY(const EventId target, context.EventParam("eventId"));
  PARLEY_TRY(events::SendRequest request, StartRequest(context, "m.room.redaction"));
  request.set_redacts(target.str());
  request.set_content(json::Serialize(reason ? json::Object{{"reason", *reason}} : json::Object()));
  request.set_txn_id(context.Param("txnId"));
  return Send(deps, context, request);
}

}  // namespace

void AddSendRoutes(Router& router, const Deps& deps) {
  const auto add = [&](std::string_view path, auto handle, std::string_view method = "PUT") {
    router.Add({.method = method,
                .path = path,
                .auth = Auth::kGuest,
                .limit = Limit::kWrite,
                .handler = [deps, handle](RequestContext& context) { return handle(deps, context); }});
  };
  add("/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}", SendMessage);
  add("/_matrix/client/api/v1/rooms/{roomId}/send/{eventType}", SendWithoutTransaction, "POST");
  add("/_matrix/client/v3/rooms/{roomId}/redact/{eventId}/{txnId}", Redact);
  add("/_matrix/client/v3/rooms/{roomId}/state/{eventType}",
      [](const Deps& deps, RequestContext& context) { return SendState(deps, context, false); });
  add("/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}",
      [](const Deps& deps, RequestContext& context) { return SendState(deps, context, true); });
}

}  // namespace parley::gateway
