#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/events/v1/events.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/federation/requests.h"

// Server-server API, "Querying for information".
namespace parley::gateway {
namespace {

// GET /_matrix/federation/v1/query/directory
absl::StatusOr<HttpAnswer> QueryDirectory(const Deps& deps, RequestContext& context,
                                          const std::string&) {
  PARLEY_TRY(const std::string text, RequiredQuery(context, "room_alias"));
  PARLEY_TRY(const RoomAlias alias, RoomAlias::Parse(text));
  if (alias.server_name() != deps.config.server_name)
    return NotFound("The alias is not of this server");
  events::ResolveAliasRequest request;
  request.set_alias(alias.str());
  PARLEY_TRY(const events::ResolveAliasResponse found,
             deps.events.ResolveAlias(context.call(), request));
  json::Array servers;
  for (const std::string& server : found.servers()) servers.push_back(server);
  return JsonAnswer(json::Object{{"room_id", found.room_id()}, {"servers", std::move(servers)}});
}

// GET /_matrix/federation/v1/query/{queryType}, of a kind that we don't know.
absl::StatusOr<HttpAnswer> QueryOther(const Deps&, RequestContext&, const std::string&) {
  return Unrecognized("This kind of query is not known");
}

}  // namespace

void AddFederationQueryRoutes(Router& router, const FederationDeps& deps) {
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/query/directory", QueryDirectory});
  AddSigned(router, deps, {"GET", "/_matrix/federation/v1/query/{queryType}", QueryOther});
}

}  // namespace parley::gateway
