#include <algorithm>
#include <string>
#include <vector>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/sync/legacy_view.h"

// Reading a room: events, state, members, history. Client-server API, "Getting events for a room".
namespace parley::gateway {
namespace {

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

// M_FORBIDDEN for a room that the reader has left and forgotten.
absl::Status CheckNotForgotten(const Deps& deps, RequestContext& context, const std::string& room_id) {
  accounts::v1::ListMembershipsRequest request;
  request.set_user_id(context.requester().user.str());
  PARLEY_TRY(const auto response, deps.accounts.ListMemberships(context.call(), request));
  const bool known = std::any_of(
      response.memberships().begin(), response.memberships().end(),
      [&](const auto& membership) { return membership.room_id() == room_id; });
  return known ? absl::OkStatus() : Forbidden("You have forgotten this room");
}

Answer AnswerHistory(const Deps& deps, RequestContext& context, const std::string& room_id,
                     absl::StatusOr<events::v1::JsonResponse> response) {
  if (response.ok() && response->reader_has_left()) {
    PARLEY_RETURN_IF_ERROR(CheckNotForgotten(deps, context, room_id));
  }
  return AnswerWith(std::move(response));
}

// Whose messages the reader does not want to see.
std::vector<std::string> IgnoredUsers(const Deps& deps, RequestContext& context) {
  accounts::v1::GetAccountDataRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_user_id(context.requester().user.str());
  request.set_type("m.ignored_user_list");
  const auto response = deps.accounts.GetAccountData(context.call(), request);
  if (!response.ok()) return {};  // nobody is
  const auto content = json::ParseObject(response->json());
  const json::Object* ignored = content.ok() ? json::FindObject(*content, "ignored_users") : nullptr;
  std::vector<std::string> users;
  if (ignored == nullptr) return users;
  for (const auto& [user_id, unused] : *ignored) users.push_back(user_id);
  return users;
}

bool WantsSeedShape(const RequestContext& context) {
  return ShapeUnder(context.request().path) == EventShapeVersion::kSeed;
}

// Under the old prefix START and END name the ends of a room's history; the one that a page begins at goes without saying.
std::string FromParam(const RequestContext& context, bool backwards) {
  std::string from = context.QueryOr("from", "");
  if (WantsSeedShape(context) && from == (backwards ? "END" : "START")) from.clear();
  return from;
}

// GET /_matrix/client/v3/rooms/{roomId}/messages
Answer GetMessages(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetMessagesRequest>(context));
  const auto backwards = BackwardsParam(context, "");
  // Who may not read the room hears that first, whatever else is wrong.
  if (!backwards.ok()) {
    request.set_limit(1);
    PARLEY_RETURN_IF_ERROR(AnswerHistory(deps, context, request.room_id(),
                                         deps.events.GetMessages(context.call(), request))
                               .status());
    return backwards.status();
  }
  PARLEY_TRY(const uint32_t limit, LimitParam(context, 10));
  request.set_backwards(*backwards);
  request.set_limit(limit);
  request.set_from(FromParam(context, *backwards));
  request.set_to(context.QueryOr("to", ""));
  request.set_filter(context.QueryOr("filter", ""));
  for (std::string& user : IgnoredUsers(deps, context)) request.add_ignored_users(std::move(user));
  return AnswerHistory(deps, context, request.room_id(),
                       deps.events.GetMessages(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/context/{eventId}
Answer GetContext(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetContextRequest>(context));
  PARLEY_TRY(const uint32_t limit, LimitParam(context, 10));
  request.set_event_id(context.Param("eventId"));
  request.set_limit(limit);
  request.set_filter(context.QueryOr("filter", ""));
  for (std::string& user : IgnoredUsers(deps, context)) request.add_ignored_users(std::move(user));
  return AnswerHistory(deps, context, request.room_id(),
                       deps.events.GetContext(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/event/{eventId}
Answer GetEvent(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetEventRequest>(context));
  request.set_event_id(context.Param("eventId"));
  return AnswerWith(deps.events.GetEvent(context.call(), request));
}

// GET /_matrix/client/v3/events/{eventId}
Answer GetEventAnywhere(const Deps& deps, RequestContext& context) {
  events::v1::GetEventRequest request;
  *request.mutable_requester() = context.requester().ToProto();
  request.set_event_id(context.Param("eventId"));
  return AnswerWith(deps.events.GetEvent(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/state
Answer GetState(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const auto request, RoomRequest<events::v1::GetStateRequest>(context));
  return AnswerHistory(deps, context, request.room_id(),
                       deps.events.GetState(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}
Answer GetStateEvent(const Deps& deps, RequestContext& context, std::string state_key) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetStateEventRequest>(context));
  request.set_type(context.Param("eventType"));
  request.set_state_key(std::move(state_key));
  const std::string format = context.QueryOr("format", "content");
  if (format != "content" && format != "event") return InvalidParam("format is unknown");
  request.set_whole_event(format == "event");
  return AnswerHistory(deps, context, request.room_id(),
                       deps.events.GetStateEvent(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/members
Answer GetMembers(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetMembersRequest>(context));
  request.set_at(context.QueryOr("at", ""));
  request.set_membership(context.QueryOr("membership", ""));
  request.set_not_membership(context.QueryOr("not_membership", ""));
  return AnswerHistory(deps, context, request.room_id(),
                       deps.events.GetMembers(context.call(), request));
}

// GET /_matrix/client/v3/rooms/{roomId}/joined_members
Answer GetJoinedMembers(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const auto request, RoomRequest<events::v1::GetJoinedMembersRequest>(context));
  return AnswerWith(deps.events.GetJoinedMembers(context.call(), request));
}

// GET /_matrix/client/v1/rooms/{roomId}/timestamp_to_event
Answer TimestampToEvent(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::TimestampToEventRequest>(context));
  if (!context.Query("ts")) return MissingParam("ts is missing");
  PARLEY_TRY(const int64_t ts, context.QueryInt("ts", 0));
  PARLEY_TRY(const bool backwards, BackwardsParam(context, "f"));
  request.set_ts_ms(ts);
  request.set_backwards(backwards);
  return AnswerWith(deps.events.TimestampToEvent(context.call(), request));
}

// GET /_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}
Answer GetRelations(const Deps& deps, RequestContext& context, std::string rel_type,
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
  return AnswerWith(deps.events.GetRelations(context.call(), request));
}

// GET /_matrix/client/v1/rooms/{roomId}/threads
Answer GetThreads(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(auto request, RoomRequest<events::v1::GetThreadsRequest>(context));
  PARLEY_TRY(const uint32_t limit, LimitParam(context, 20));
  const std::string include = context.QueryOr("include", "all");
  if (include != "all" && include != "participated") return InvalidParam("include is unknown");
  request.set_include(include);
  request.set_limit(limit);
  request.set_from(context.QueryOr("from", ""));
  return AnswerWith(deps.events.GetThreads(context.call(), request));
}

}  // namespace

void AddRoomReadRoutes(Router& router, const Deps& deps) {
  const auto get = [&](std::string_view path, Answer (*handler)(const Deps&, RequestContext&)) {
    router.Add({.method = "GET",
                .path = path,
                .auth = Auth::kGuest,
                .limit = Limit::kRead,
                .handler = [deps, handler](RequestContext& context) {
                  Answer answer = handler(deps, context);
                  if (answer.ok() && WantsSeedShape(context)) answer->body = InSeedShape(answer->body);
                  return answer;
                }});
  };
  get("/_matrix/client/v3/rooms/{roomId}/messages", GetMessages);
  get("/_matrix/client/v3/rooms/{roomId}/context/{eventId}", GetContext);
  get("/_matrix/client/v3/rooms/{roomId}/event/{eventId}", GetEvent);
  get("/_matrix/client/v3/events/{eventId}", GetEventAnywhere);
  get("/_matrix/client/v3/rooms/{roomId}/state", GetState);
  get("/_matrix/client/v3/rooms/{roomId}/state/{eventType}",
      [](const Deps& d, RequestContext& c) { return GetStateEvent(d, c, ""); });
  get("/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}",
      [](const Deps& d, RequestContext& c) {
        return GetStateEvent(d, c, c.Param("stateKey"));
      });
  get("/_matrix/client/v3/rooms/{roomId}/members", GetMembers);
  get("/_matrix/client/v3/rooms/{roomId}/joined_members", GetJoinedMembers);
  get("/_matrix/client/v1/rooms/{roomId}/timestamp_to_event", TimestampToEvent);
  get("/_matrix/client/v1/rooms/{roomId}/threads", GetThreads);
  get("/_matrix/client/v1/rooms/{roomId}/relations/{eventId}",
      [](const Deps& d, RequestContext& c) { return GetRelations(d, c, "", ""); });
  get("/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}",
      [](const Deps& d, RequestContext& c) {
        return GetRelations(d, c, c.Param("relType"), "");
      });
  get("/_matrix/client/v1/rooms/{roomId}/relations/{eventId}/{relType}/{eventType}",
      [](const Deps& d, RequestContext& c) {
        return GetRelations(d, c, c.Param("relType"), c.Param("eventType"));
      });
}

}  // namespace parley::gateway
