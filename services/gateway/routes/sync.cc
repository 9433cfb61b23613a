#include "services/gateway/routes/sync.h"

#include <utility>

#include "common/filter/fields.h"
#include "common/json/splice.h"
#include "common/json/value.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "services/gateway/deps.h"
#include "services/gateway/router.h"
#include "services/gateway/sync/filter_cache.h"
#include "services/gateway/sync/sync.h"
#include "services/gateway/sync/sync_query.h"
#include "services/gateway/sync/sync_view.h"

namespace parley::gateway {
namespace {

// What a filter's event_fields leave of an event. Our own JSON always parses.
std::string Project(const filter::FieldSet& fields, std::string_view event) {
  const auto parsed = json::ParseObject(event);
  return parsed.ok() ? json::Serialize(fields.Project(*parsed)) : std::string(event);
}

ParkedSync::View ViewFor(const SyncQuery& query) {
  return [filter = query.filter, state_after = query.state_after](const Difference& difference) {
    EventShape shape;
    if (const filter::FieldSet* fields = filter->event_fields()) {
      shape = [fields](std::string_view event) { return Project(*fields, event); };
    }
    return WriteSyncResponse(difference, shape, state_after);
  };
}

// GET /_matrix/client/v3/sync
void ServeSync(Sync& sync, FilterCache& filters, const RequestContext& request,
               http::Responder responder) {
  const auto filter = filters.Get(request.call(), request.requester().user.str(),
                                  request.QueryOr("filter", ""));
  if (!filter.ok()) return responder.Send(http::ErrorResponse(filter.status()));
  auto query = ReadSyncQuery(request, *filter);
  if (!query.ok()) return responder.Send(http::ErrorResponse(query.status()));
  ParkedSync::View view = ViewFor(*query);
  sync.Serve(request.call(), *std::move(query), std::move(view), std::move(responder));
}

HttpAnswer DeviceListAnswer(const Difference& difference) {
  HttpAnswer answer;
  json::Writer w(answer.body);
  w.BeginObject().Key("changed").BeginArray();
  for (const std::string& user : difference.device_lists_changed) w.String(user);
  w.EndArray().Key("left").BeginArray();
  for (const std::string& user : difference.device_lists_left) w.String(user);
  w.EndArray().EndObject();
  return answer;
}

// GET /_matrix/client/v3/keys/changes
absl::StatusOr<HttpAnswer> GetKeyChanges(Sync& sync, const RequestContext& request) {
  const auto from = request.Query("from");
  if (!from) return MissingParam("from is missing");
  if (!request.Query("to")) return MissingParam("to is missing");
  SyncQuery query;
  query.requester = request.requester().ToProto();
  PARLEY_TRY(query.since, stream::SyncToken::Parse(*from));
  PARLEY_TRY(const Difference difference, sync.ReadNow(request.call(), std::move(query)));
  return DeviceListAnswer(difference);
}

}  // namespace

void AddSyncRoutes(Router& router, const Deps&, Sync& sync, FilterCache& filters) {
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/sync",
              .auth = Auth::kGuest,
              .limit = Limit::kNone,
              .parking_handler = [&sync, &filters](std::unique_ptr<RequestContext> request,
                                                   http::Responder responder) {
                ServeSync(sync, filters, *request, std::move(responder));
              }});
  router.Add({.method = "GET",
              .path = "/_matrix/client/v3/keys/changes",
              .auth = Auth::kUser,
              .limit = Limit::kRead,
              .handler = [&sync](RequestContext& request) { return GetKeyChanges(sync, request); }});
}

}  // namespace parley::gateway
