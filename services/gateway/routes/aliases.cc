#include "common/status/macros.h"
#include "services/gateway/router.h"
#include "services/gateway/routes/room_requests.h"

// Client-server API, "Room aliases".
namespace parley::gateway {
namespace {

template <class Strings>
json::Array ToArray(const Strings& strings) {
  json::Array array;
  for (const std::string& text : strings) array.push_back(text);
  return array;
}

// PUT /_matrix/client/v3/directory/room/{roomAlias}
absl::StatusOr<HttpAnswer> PutAlias(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  PARLEY_TRY(const RoomAlias alias, context.AliasParam("roomAlias"));
  PARLEY_TRY(const std::string text, RequiredString(*body, "room_id"));
  PARLEY_TRY(const RoomId room, RoomId::Parse(text));
  auto request = RequestBy<events::SetAliasRequest>(context);
  request.set_alias(alias.str());
  request.set_room_id(room.str());
  PARLEY_RETURN_IF_ERROR(deps.events.SetAlias(context.call(), request).status());
  return EmptyAnswer();
}

// DELETE /_matrix/client/v3/directory/room/{roomAlias}
absl::StatusOr<HttpAnswer> DeleteAlias(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomAlias alias, context.AliasParam("roomAlias"));
  auto request = RequestBy<events::DeleteAliasRequest>(context);
  request.set_alias(alias.str());
  PARLEY_RETURN_IF_ERROR(deps.events.DeleteAlias(context.call(), request).status());
  return EmptyAnswer();
}

// GET /_matrix/client/v3/directory/room/{roomAlias}
absl::StatusOr<HttpAnswer> GetAlias(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomAlias alias, context.AliasParam("roomAlias"));
  events::ResolveAliasRequest request;
  request.set_alias(alias.str());
  PARLEY_TRY(const events::ResolveAliasResponse response, deps.events.ResolveAlias(context.call(), request));
  return JsonAnswer(json::Object{{"room_id", response.room_id()}, {"servers", ToArray(response.servers())}});
}

// GET /_matrix/client/v3/rooms/{roomId}/aliases
absl::StatusOr<HttpAnswer> ListAliases(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const RoomId room, context.RoomParam("roomId"));
  auto request = RequestBy<events::ListAliasesRequest>(context);
  request.set_room_id(room.str());
  PARLEY_TRY(const events::ListAliasesResponse response, deps.events.ListAliases(context.call(), request));
  return JsonAnswer(json::Object{{"aliases", ToArray(response.aliases())}});
}

}  // namespace

void AddAliasRoutes(Router& router, const Deps& deps) {
  const auto add = [&](std::string_view method, std::string_view path, Auth auth, Limit limit, auto handle) {
    router.Add({.method = method, .path = path, .auth = auth, .limit = limit, .handler = [deps, handle](RequestContext& context) {
                  return handle(deps, context);
                }});
  };
  add("PUT", "/_matrix/client/v3/directory/room/{roomAlias}", Auth::kUser, Limit::kWrite, PutAlias);
  add("DELETE", "/_matrix/client/v3/directory/room/{roomAlias}", Auth::kUser, Limit::kWrite, DeleteAlias);
  add("GET", "/_matrix/client/v3/directory/room/{roomAlias}", Auth::kOptional, Limit::kRead, GetAlias);
  add("GET", "/_matrix/client/v3/rooms/{roomId}/aliases", Auth::kUser, Limit::kRead, ListAliases);
}

}  // namespace parley::gateway
