#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

// Client-server API, "Reporting Content".
namespace parley::gateway {
namespace {

absl::StatusOr<HttpAnswer> Report(const Deps& deps, RequestContext& context, events::ReportContentRequest request,
                                  bool needs_reason) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const std::optional<std::string> reason, OptionalString(*body, "reason"));
  if (!reason && needs_reason) return MissingParam("reason is missing");
  PARLEY_TRY(const std::optional<int64_t> score, OptionalInt(*body, "score"));
  request.set_reason(reason.value_or(""));
  request.set_score(score.value_or(0));
  PARLEY_RETURN_IF_ERROR(deps.events.ReportContent(context.call(), request).status());
  return EmptyAnswer();
}

// POST /_matrix/client/v3/rooms/{roomId}/report
absl::StatusOr<HttpAnswer> ReportRoom(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  auto request = RequestBy<events::ReportContentRequest>(context);
  request.set_room_id(room.str());
  return Report(deps, context, std::move(request), true);
}

// POST /_matrix/client/v3/rooms/{roomId}/report/{eventId}
absl::StatusOr<HttpAnswer> ReportEvent(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const EventId event, context.EventParam("eventId"));
  auto request = RequestBy<events::ReportContentRequest>(context);
  request.set_room_id(room.str());
  request.set_event_id(event.str());
  return Report(deps, context, std::move(request), false);
}

// POST /_matrix/client/v3/users/{userId}/report
absl::StatusOr<HttpAnswer> ReportUser(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const UserId user, context.UserParam("userId"));
  auto request = RequestBy<events::ReportContentRequest>(context);
  request.set_user_id(user.str());
  return Report(deps, context, std::move(request), true);
}

}  // namespace

void AddReportRoutes(Router& router, const Deps& deps) {
  const auto add = [&](std::string_view path, auto handle) {
    router.Add({.method = "POST", .path = path, .limit = Limit::kWrite, .handler = [deps, handle](RequestContext& context) {
                  return handle(deps, context);
                }});
  };
  add("/_matrix/client/v3/rooms/{roomId}/report", ReportRoom);
  add("/_matrix/client/v3/rooms/{roomId}/report/{eventId}", ReportEvent);
  add("/_matrix/client/v3/users/{userId}/report", ReportUser);
}

}  // namespace parley::gateway
