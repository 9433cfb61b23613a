#include "services/gateway/routes/delayed_events.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/calls/v1/calls.parley.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

// MSC4140, "Cancellable delayed events": its final paths, and the unstable ones that clients use
// today.
namespace parley::gateway {
namespace {

using calls::DelayedAction;

constexpr int64_t kPage = 100;

absl::StatusOr<DelayedAction> ActionOf(std::string_view name) {
  if (name == "restart") return calls::DELAYED_ACTION_RESTART;
  if (name == "cancel") return calls::DELAYED_ACTION_CANCEL;
  if (name == "send") return calls::DELAYED_ACTION_SEND;
  return InvalidParam("action must be restart, cancel or send");
}

// PUT /_matrix/client/v3/rooms/{roomId}/delayed_event/{eventType}/{txnId}
absl::StatusOr<HttpAnswer> Schedule(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const std::optional<int64_t> delay, OptionalInt(*body, "delay"));
  if (!delay) return MissingParam("delay is required");
  PARLEY_TRY(const std::optional<std::string> state_key, OptionalString(*body, "state_key"));
  const json::Object* content = json::FindObject(*body, "content");
  if (content == nullptr) return BadJson("content must be an object");
  auto request = RequestBy<events::v1::SendRequest>(context);
  request.set_room_id(room.str());
  request.set_type(context.Param("eventType"));
  if (state_key) request.set_state_key(*state_key);
  request.set_content(json::Serialize(*content));
  request.set_txn_id(context.Param("txnId"));
  return ScheduleSend(deps, context, request, *delay);
}

absl::StatusOr<HttpAnswer> Update(const Deps& deps, const RequestContext& context,
                                  std::string_view action) {
  calls::UpdateDelayedRequest request;
  request.set_delay_id(context.Param("delayId"));
  PARLEY_TRY(const DelayedAction parsed, ActionOf(action));
  request.set_action(parsed);
  PARLEY_RETURN_IF_ERROR(deps.calls.UpdateDelayed(context.call(), request).status());
  return EmptyAnswer();
}

// POST /_matrix/client/v1/delayed_events/{delayId}/{action}
absl::StatusOr<HttpAnswer> UpdateByPath(const Deps& deps, RequestContext& context) {
  return Update(deps, context, context.Param("action"));
}

// POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}
absl::StatusOr<HttpAnswer> UpdateByBody(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  const std::string* action = json::FindString(*body, "action");
  if (action == nullptr) return MissingParam("action is required");
  return Update(deps, context, *action);
}

absl::StatusOr<calls::ListDelayedRequest> ListRequest(const RequestContext& context,
                                                      std::string_view status) {
  if (status != "all" && status != "scheduled" && status != "finalised") {
    return InvalidParam("status must be scheduled or finalised");
  }
  auto request = RequestBy<calls::ListDelayedRequest>(context);
  request.set_scheduled(status != "finalised");
  request.set_finalised(status != "scheduled");
  request.set_from(context.QueryOr("from", ""));
  PARLEY_TRY(const int64_t limit, context.QueryInt("limit", kPage));
  request.set_limit(static_cast<uint32_t>(std::clamp<int64_t>(limit, 1, kPage)));
  for (const std::string_view delay_id : context.QueryAll("delay_id"))
    request.add_delay_ids(std::string(delay_id));
  return request;
}

absl::StatusOr<HttpAnswer> List(const Deps& deps, const RequestContext& context,
                                std::string_view by_default) {
  PARLEY_TRY(const auto request, ListRequest(context, context.QueryOr("status", by_default)));
  PARLEY_TRY(const auto response, deps.calls.ListDelayed(context.call(), request));
  std::string json = "{\"delayed_events\":[";
  for (int i = 0; i < response.delayed_events_size(); ++i) {
    if (i > 0) json += ',';
    json += response.delayed_events(i);
  }
  json += ']';
  if (!response.next_batch().empty())
    StrAppend(&json, ",\"next_batch\":", json::Quoted(response.next_batch()));
  return JsonAnswer(json + "}");
}

// GET /_matrix/client/v1/delayed_events
absl::StatusOr<HttpAnswer> ListAll(const Deps& deps, RequestContext& context) {
  return List(deps, context, "all");
}

// GET /_matrix/client/unstable/org.matrix.msc4140/delayed_events
absl::StatusOr<HttpAnswer> ListScheduled(const Deps& deps, RequestContext& context) {
  return List(deps, context, "scheduled");
}

// GET /_matrix/client/v1/delayed_events/{delayId}
absl::StatusOr<HttpAnswer> GetOne(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(auto request, ListRequest(context, "all"));
  request.clear_delay_ids();
  request.add_delay_ids(context.Param("delayId"));
  PARLEY_TRY(const auto response, deps.calls.ListDelayed(context.call(), request));
  if (response.delayed_events_size() == 0) return NotFound("There is no such delayed event");
  return JsonAnswer(response.delayed_events(0));
}

}  // namespace

absl::StatusOr<HttpAnswer> ScheduleSend(const Deps& deps, const RequestContext& context,
                                        const events::v1::SendRequest& request, int64_t delay_ms) {
  calls::ScheduleDelayedRequest schedule;
  *schedule.mutable_requester() = request.requester();
  schedule.set_room_id(request.room_id());
  schedule.set_type(request.type());
  if (request.has_state_key()) schedule.set_state_key(request.state_key());
  schedule.set_content(request.content());
  schedule.set_txn_id(request.txn_id());
  schedule.set_delay_ms(delay_ms);
  PARLEY_TRY(const auto response, deps.calls.ScheduleDelayed(context.call(), schedule));
  return JsonAnswer(json::Serialize(json::Object{{"delay_id", response.delay_id()}}));
}

void AddDelayedEventRoutes(Router& router, const Deps& deps) {
  const auto add = [&](std::string_view method, std::string_view path, Auth auth, auto handle) {
    router.Add(
        {.method = method,
         .path = path,
         .auth = auth,
         .limit = method == "GET" ? Limit::kRead : Limit::kWrite,
         .handler = [deps, handle](RequestContext& context) { return handle(deps, context); }});
  };
  add("PUT", "/_matrix/client/v3/rooms/{roomId}/delayed_event/{eventType}/{txnId}", Auth::kGuest,
      Schedule);
  add("PUT",
      "/_matrix/client/unstable/org.matrix.msc4140/rooms/{roomId}/delayed_event/{eventType}/"
      "{txnId}",
      Auth::kGuest, Schedule);
  add("GET", "/_matrix/client/v1/delayed_events", Auth::kGuest, ListAll);
  add("GET", "/_matrix/client/v1/delayed_events/{delayId}", Auth::kGuest, GetOne);
  add("GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events", Auth::kGuest,
      ListScheduled);
  add("GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}", Auth::kGuest,
      GetOne);
  // Whoever knows the id may: it is handed to those who watch over the call (MSC4140, "Delegating
  // delayed events").
  add("POST", "/_matrix/client/v1/delayed_events/{delayId}/{action}", Auth::kNone, UpdateByPath);
  add("POST", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}/{action}",
      Auth::kNone, UpdateByPath);
  add("POST", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delayId}", Auth::kNone,
      UpdateByBody);
}

}  // namespace parley::gateway
