#include <algorithm>
#include <string>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"

// Reading a room: events, state, members, history. Client-server API, "Getting events for a room".
namespace parley::gateway {
namespace {

using events::EventsService;
using Answer = absl::StatusOr<HttpAnswer>;

constexpr int64_t kMaxLimit = 1000;

// Every request of this file names its reader and its room.
template <class Request>
absl::StatusOr<Request> RoomRequest(RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  Request request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_room_id(room.str());
  return request;
}

template <class Response>
Answer AnswerWith(absl::StatusOr<Response> response) {
  if (!response.ok()) return response.status();
  return JsonAnswer(std::move(*response->mutable_json()));
}

absl::StatusOr<uint32_t> LimitParam(const RequestContext& context, int64_t fallback) {
  PARLEY_TRY(const int64_t limit, context.QueryInt("limit", fallback));
  if (limit < 0) return InvalidParam("limit is negative");
  return static_cast<uint32_t>(std::min(limit, kMaxLimit));
}

absl::StatusOr<bool> BackwardsParam(const RequestContext& context, std::string_view fallback) {
  const std::string dir = context.QueryOr("dir", fallback);
  if (dir.empty()) return MissingParam("dir is missing");
  if (dir != "b" && dir != "f") return InvalidParam("dir is neither b nor f");
  return dir == "b";
}

// GET /_matrix/client/v3/rooms/{roomId}/messages
Answer GetMessages(EventsService& events, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetMessagesRequest>(context));
  PARLEY_TRY(const bool backwards, BackwardsParam(context, ""));
  PARLEY_TRY(const uint32_t limit, LimitParam(context, 10));
  request.set_backwards(backwards);
  request.set_limit(limit);
  request.set_from(context.QueryOr("from", ""));
  request.set_to(context.QueryOr("to", ""));
  request.set_filter(context.QueryOr("filter", ""));
  return AnswerWith(events.GetMessages(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/context/{eventId}
Answer GetContext(EventsService& events, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetContextRequest>(context));
  PARLEY_TRY(const uint32_t limit, LimitParam(context, 10));
  request.set_event_id(context.Param("eventId"));
  request.set_limit(limit);
  request.set_filter(context.QueryOr("filter", ""));
  return AnswerWith(events.GetContext(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}
Answer GetEvent(EventsService& events, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetEventRequest>(context));
  request.set_event_id(context.Param("eventId"));
  return AnswerWith(events.GetEvent(context.call(), request));
}

// GET /_matrix/client/v3/events/{eventId}
Answer GetEventAnywhere(EventsService& events, RequestContext& context) {
  events::v1::GetEventRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_event_id(context.Param("eventId"));
  return AnswerWith(events.GetEvent(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/state
Answer GetState(EventsService& events, RequestContext& context) {
  PARLEY_TRY(const auto request, RoomRequest<events::v1::GetStateRequest>(context));
  return AnswerWith(events.GetState(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}
Answer GetStateEvent(EventsService& events, RequestContext& context, std::string state_key) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetStateEventRequest>(context));
  request.set_type(context.Param("eventType"));
  request.set_state_key(std::move(state_key));
  const std::string format = context.QueryOr("format", "content");
  if (format != "content" && format != "event") return InvalidParam("format is unknown");
  request.set_whole_event(format == "event");
  return AnswerWith(events.GetStateEvent(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/members
Answer GetMembers(EventsService& events, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetMembersRequest>(context));
  request.set_at(context.QueryOr("at", ""));
  request.set_membership(context.QueryOr("membership", ""));
  request.set_not_membership(context.QueryOr("not_membership", ""));
  return AnswerWith(events.GetMembers(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/joined_members
Answer GetJoinedMembers(EventsService& events, RequestContext& context) {
  PARLEY_TRY(const auto request, RoomRequest<events::v1::GetJoinedMembersRequest>(context));
  return AnswerWith(events.GetJoinedMembers(context.call(), request));
}

// GET /_matrix/client/v1/rooms/{roomId}/timestamp_to_event
Answer TimestampToEvent(EventsService& events, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::TimestampToEventRequest>(context));
  if (!context.Query("ts")) return MissingParam("ts is missing");
  PARLEY_TRY(const int64_t ts, context.QueryInt("ts", 0));
  PARLEY_TRY(const bool backwards, BackwardsParam(context, "f"));
  request.set_ts_ms(ts);
  request.set_backwards(backwards);
  return AnswerWith(events.TimestampToEvent(context.call(), request));
}

// GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}
Answer GetRelations(EventsService& events, RequestContext& context, std::string rel_type,
                    std::string event_type) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetRelationsRequest>(context));
  PARLEY_TRY(const bool backwards, BackwardsParam(context, "b"));
  PARLEY_TRY(const uint32_t limit, LimitParam(context, 5));
  PARLEY_TRY(const bool recurse, context.QueryBool("recurse", false));
  request.set_event_id(context.Param("eventId"));
  request.set_rel_type(std::move(rel_type));
  request.set_event_type(std::move(event_type));
  request.set_backwards(backwards);
  request.set_limit(limit);
  request.set_recurse(recurse);
  request.set_from(context.QueryOr("from", ""));
  request.set_to(context.QueryOr("to", ""));
  return AnswerWith(events.GetRelations(context.call(), request));
}

// GET /_matrix/client/v1/rooms/{roomId}/threads
Answer GetThreads(EventsService& events, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetThreadsRequest>(context));
  PARLEY_TRY(const uint32_t limit, LimitParam(context, 20));
  const std::string include = context.QueryOr("include", "all");
  if (include != "all" && include != "participated") return InvalidParam("include is unknown");
  request.set_include(include);
  request.set_limit(limit);
  request.set_from(context.QueryOr("from", ""));
  return AnswerWith(events.GetThreads(context.call(), request));
}

}  // namespace

void AddRoomReadRoutes(Router& router, const Deps& deps) {
  EventsService& events = deps.events;
  const auto get = [&](std::string_view path, Answer (*handler)(EventsService&, RequestContext&)) {
    router.Add({.method = "GET",
                .path = path,
                .auth = Auth::kGuest,
                .limit = Limit::kRead,
                .handler = [&events, handler](RequestContext& context) {
                  return handler(events, context);
                }});
  };
  get("/_matrix/client/v3/rooms/{roomId}/messages", GetMessages);
  get("/_matrix/client/v3/rooms/{roomId}/context/{eventId}", GetContext);
  get("/_matrix/client/v3/rooms/{roomId}/event/{eventId}", GetEvent);
  get("/_matrix/client/v3/events/{eventId}", GetEventAnywhere);
  get("/_matrix/client/v3/rooms/{roomId}/state", GetState);
  get("/_matrix/client/v3/rooms/{roomId}/state/{eventType}",
      [](EventsService& service, RequestContext& c) { return GetStateEvent(service, c, ""); });
  get("/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}",
      [](EventsService& service, RequestContext& c) {
        return GetStateEvent(service, c, c.Param("stateKey"));
      });
  get("/_matrix/client/v3/rooms/{roomId}/members", GetMembers);
  get("/_matrix/client/v3/rooms/{roomId}/joined_members", GetJoinedMembers);
  get("/_matrix/client/v1/rooms/{roomId}/timestamp_to_event", TimestampToEvent);
  get("/_matrix/client/v1/rooms/{roomId}/threads", GetThreads);
  get("/_matrix/client/v1/rooms/{roomId}/relations/{eventId}",
      [](EventsService& service, RequestContext& c) { return GetRelations(service, c, "", ""); });
  get("/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}",
      [](EventsService& service, RequestContext& c) {
        return GetRelations(service, c, c.Param("relType"), "");
      });
  get("/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}",
      [](EventsService& service, RequestContext& c) {
        return GetRelations(service, c, c.Param("relType"), c.Param("eventType"));
      });
}

}  // namespace parley::gateway
