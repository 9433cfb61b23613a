#include <algorithm>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/federation/requests.h"

// Server-server API, "Retrieving events", "Backfilling and retrieving missing events", "Spaces".
// What the origin may see is judged by `events`.
namespace parley::gateway {
namespace {

constexpr int64_t kMaxEvents = 100;
constexpr int64_t kDefaultMissing = 10;
constexpr size_t kMaxNamed = 100;

// GET /_matrix/federation/v1/event/{eventId}
absl::StatusOr<HttpAnswer> GetEvent(const Deps& deps, RequestContext& context,
                                    const std::string& origin) {
  PARLEY_TRY(const EventId event, context.EventParam("eventId"));
  events::GetPduRequest request;
  request.set_origin(origin);
  request.set_event_id(event.str());
  return ToAnswer(deps.room_federation.GetPdu(context.call(), request));
}

absl::StatusOr<HttpAnswer> AnyState(const Deps& deps, RequestContext& context,
                                    const std::string& origin, bool only_ids) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const std::string event_id, RequiredQuery(context, "event_id"));
  events::GetFederationStateRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  request.set_event_id(event_id);
  request.set_only_ids(only_ids);
  return ToAnswer(deps.room_federation.GetFederationState(context.call(), request));
}

// GET /_matrix/federation/v1/state/{roomId}
absl::StatusOr<HttpAnswer> GetState(const Deps& deps, RequestContext& context,
                                    const std::string& origin) {
  return AnyState(deps, context, origin, /*only_ids=*/false);
}

// GET /_matrix/federation/v1/state_ids/{roomId}
absl::StatusOr<HttpAnswer> GetStateIds(const Deps& deps, RequestContext& context,
                                       const std::string& origin) {
  return AnyState(deps, context, origin, /*only_ids=*/true);
}

// GET /_matrix/federation/v1/event_auth/{roomId}/{eventId}
absl::StatusOr<HttpAnswer> GetEventAuth(const Deps& deps, RequestContext& context,
                                        const std::string& origin) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const EventId event, context.EventParam("eventId"));
  events::GetEventAuthRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  request.set_event_id(event.str());
  return ToAnswer(deps.room_federation.GetEventAuth(context.call(), request));
}

// GET /_matrix/federation/v1/backfill/{roomId}
absl::StatusOr<HttpAnswer> Backfill(const Deps& deps, RequestContext& context,
                                    const std::string& origin) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const int64_t limit, context.QueryInt("limit", kMaxEvents));
  const std::vector<std::string_view> from = context.QueryAll("v");
  if (from.empty()) return MissingParam("v is missing");
  if (from.size() > kMaxNamed) return InvalidParam("Too many events are named");
  events::BackfillRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  for (const std::string_view event_id : from) request.add_from(std::string(event_id));
  request.set_limit(static_cast<uint32_t>(std::clamp<int64_t>(limit, 0, kMaxEvents)));
  return ToAnswer(deps.room_federation.Backfill(context.call(), request));
}

// POST /_matrix/federation/v1/get_missing_events/{roomId}
absl::StatusOr<HttpAnswer> GetMissingEvents(const Deps& deps, RequestContext& context,
                                            const std::string& origin) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const std::vector<std::string> earliest,
             StringsOf(*body, "earliest_events", kMaxNamed));
  PARLEY_TRY(const std::vector<std::string> latest, StringsOf(*body, "latest_events", kMaxNamed));
  PARLEY_TRY(const auto limit, OptionalInt(*body, "limit"));
  PARLEY_TRY(const auto min_depth, OptionalInt(*body, "min_depth"));
  events::GetMissingEventsRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  request.mutable_earliest_events()->Assign(earliest.begin(), earliest.end());
  request.mutable_latest_events()->Assign(latest.begin(), latest.end());
  request.set_limit(
      static_cast<uint32_t>(std::clamp<int64_t>(limit.value_or(kDefaultMissing), 0, kMaxEvents)));
  request.set_min_depth(min_depth.value_or(0));
  return ToAnswer(deps.room_federation.GetMissingEvents(context.call(), request));
}

// GET /_matrix/federation/v1/timestamp_to_event/{roomId}
absl::StatusOr<HttpAnswer> TimestampToEvent(const Deps& deps, RequestContext& context,
                                            const std::string& origin) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_RETURN_IF_ERROR(RequiredQuery(context, "ts").status());
  PARLEY_TRY(const int64_t ts_ms, context.QueryInt("ts", 0));
  PARLEY_TRY(const std::string direction, RequiredQuery(context, "dir"));
  if (direction != "f" && direction != "b") return InvalidParam("dir must be f or b");
  events::TimestampToPduRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  request.set_ts_ms(ts_ms);
  request.set_backwards(direction == "b");
  return ToAnswer(deps.room_federation.TimestampToPdu(context.call(), request));
}

// GET /_matrix/federation/v1/hierarchy/{roomId}
absl::StatusOr<HttpAnswer> GetHierarchy(const Deps& deps, RequestContext& context,
                                        const std::string& origin) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  PARLEY_TRY(const bool suggested_only, context.QueryBool("suggested_only", false));
  events::GetFederationHierarchyRequest request;
  request.set_origin(origin);
  request.set_room_id(room.str());
  request.set_suggested_only(suggested_only);
  return ToAnswer(deps.room_federation.GetFederationHierarchy(context.call(), request));
}

}  // namespace

void AddFederationRoomRoutes(Router& router, const FederationDeps& deps) {
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/event/{eventId}", GetEvent});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/state/{roomId}", GetState});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/state_ids/{roomId}", GetStateIds});
  AddSigned(router, deps,
            {"GET", "/_matrix/federation/v1/event_auth/{roomId}/{eventId}", GetEventAuth});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/backfill/{roomId}", Backfill});
  AddSigned(router, deps,
            {"POST", "/_matrix/federation/v1/get_missing_events/{roomId}", GetMissingEvents});
  AddSigned(router, deps,
            {"GET", "/_matrix/federation/v1/timestamp_to_event/{roomId}", TimestampToEvent});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/hierarchy/{roomId}", GetHierarchy});
}

}  // namespace parley::gateway
