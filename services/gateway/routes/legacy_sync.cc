#include <algorithm>
#include <string>
#include <utility>

#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/sync.h"
#include "services/gateway/sync/filter_cache.h"
#include "services/gateway/sync/legacy_view.h"
#include "services/gateway/sync/sync.h"

// The syncing of 2015, as thin views over the same difference. Client-server API, "Syncing" (deprecated endpoints); seed, S96.
namespace parley::gateway {
namespace {

using Answer = absl::StatusOr<HttpAnswer>;

EventShapeVersion ShapeOf(const RequestContext& request) {
  return ShapeUnder(request.request().path);
}

// The old prefix knows all five states of the seed.
constexpr std::string_view kAllStates = R"({"dev.parley.all_states":true})";

// A filter that stands for the parameters of the old endpoints.
absl::StatusOr<std::shared_ptr<const SyncFilter>> FilterFor(const RequestContext& request,
                                                            std::string_view room_id) {
  PARLEY_TRY(const int64_t limit, request.QueryInt("limit", 10));
  PARLEY_TRY(const bool archived, request.QueryBool("archived", false));
  std::string json;
  json::Writer w(json);
  w.BeginObject().Key("room").BeginObject().Key("include_leave").Bool(archived);
  w.Key("timeline").BeginObject().Key("limit").Int(std::max<int64_t>(limit, 0)).EndObject();
  if (!room_id.empty()) w.Key("rooms").BeginArray().String(room_id).EndArray();
  w.EndObject();
  if (ShapeOf(request) == EventShapeVersion::kSeed) w.Key("presence").Raw(kAllStates);
  w.EndObject();
  return SyncFilter::Parse(json);
}

absl::StatusOr<Difference> ReadInitial(Sync& sync, const RequestContext& request,
                                       std::string_view room_id) {
  SyncQuery query;
  query.requester = request.requester().ToProto();
  PARLEY_TRY(query.filter, FilterFor(request, room_id));
  return sync.ReadNow(request.call(), std::move(query));
}

// GET /_matrix/client/v3/initialSync
Answer GetInitialSync(Sync& sync, const RequestContext& request) {
  PARLEY_TRY(const Difference difference, ReadInitial(sync, request, ""));
  return JsonAnswer(WriteInitialSync(difference, ShapeOf(request)));
}

// GET /_matrix/client/v3/rooms/{roomId}/initialSync
Answer GetRoomInitialSync(Sync& sync, const RequestContext& request) {
  PARLEY_TRY(const RoomId room, request.RoomParam("roomId"));
  PARLEY_TRY(const Difference difference, ReadInitial(sync, request, room.str()));
  std::string body = WriteRoomInitialSync(difference, ShapeOf(request));
  if (body.empty()) return Forbidden("You are not in this room");
  return JsonAnswer(std::move(body));
}

// Where a stream without `from` begins: now.
absl::StatusOr<stream::SyncToken> StartOf(Sync& sync, const RequestContext& request) {
  const std::string from = request.QueryOr("from", "");
  if (!from.empty()) return stream::SyncToken::Parse(from);
  PARLEY_TRY(const Difference now, ReadInitial(sync, request, ""));
  return now.next;
}

// GET /_matrix/client/v3/events
void ServeEvents(Sync& sync, const RequestContext& request, http::Responder responder) {
  auto filter = FilterFor(request, "");
  if (!filter.ok()) return responder.Send(http::ErrorResponse(filter.status()));
  auto query = ReadSyncQuery(request, *std::move(filter));
  if (!query.ok()) return responder.Send(http::ErrorResponse(query.status()));
  auto start = StartOf(sync, request);
  if (!start.ok()) return responder.Send(http::ErrorResponse(start.status()));
  const auto view = [start = start->Encode(), shape = ShapeOf(request)](const Difference& difference) {
    return WriteEventStream(difference, start, shape);
  };
  query->since = *std::move(start);
  sync.Serve(request.call(), *std::move(query), view, std::move(responder));
}

}  // namespace

void AddLegacySyncRoutes(Router& router, Sync& sync) {
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/initialSync",
              .auth = Auth::kUser,
              .limit = Limit::kRead,
              .handler = [&sync](RequestContext& request) { return GetInitialSync(sync, request); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/rooms/{roomId}/initialSync",
              .auth = Auth::kGuest,
              .limit = Limit::kRead,
              .handler = [&sync](RequestContext& r) { return GetRoomInitialSync(sync, r); }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/events",
              .auth = Auth::kGuest,
              .limit = Limit::kNone,
              .parking_handler = [&sync](std::unique_ptr<RequestContext> request,
                                         http::Responder responder) {
                ServeEvents(sync, *request, std::move(responder));
              }});
}

}  // namespace parley::gateway
