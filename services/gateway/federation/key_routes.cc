#include <string>

#include "common/base/ids.h"
#include "common/json/splice.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/federation/v1/federation.parley.h"
#include "services/gateway/config.h"
#include "services/gateway/federation/routes.h"

// Server-server API, "Retrieving server keys", "Server discovery".
namespace parley::gateway {
namespace {

constexpr size_t kMaxServers = 100;
constexpr size_t kMaxKeys = 500;

absl::StatusOr<HttpAnswer> Ask(const Deps& deps, RequestContext& context,
                               const federation::QueryServerKeysRequest& request) {
  PARLEY_TRY(const auto found, deps.federation.QueryServerKeys(context.call(), request));
  HttpAnswer answer;
  json::Writer out(answer.body);
  out.BeginObject().Key("server_keys").BeginArray();
  for (const std::string& document : found.server_keys()) out.Raw(document);
  out.EndArray().EndObject();
  return answer;
}

// GET /_matrix/key/v2/server
absl::StatusOr<HttpAnswer> GetOwnKeys(const Deps& deps, RequestContext& context) {
  federation::QueryServerKeysRequest request;
  request.add_keys()->set_server_name(deps.config.server_name);
  PARLEY_TRY(auto found, deps.federation.QueryServerKeys(context.call(), request));
  if (found.server_keys().empty())
    return absl::UnavailableError("this server's keys are not there");
  return JsonAnswer(std::move(*found.mutable_server_keys(0)));
}

// GET /_matrix/key/v2/query/{serverName}
absl::StatusOr<HttpAnswer> QueryOne(const Deps& deps, RequestContext& context) {
  const std::string& server_name = context.Param("serverName");
  if (!IsValidServerName(server_name)) return InvalidParam("This is no server name");
  PARLEY_TRY(const int64_t valid_at_ms, context.QueryInt("minimum_valid_until_ts", 0));
  federation::QueryServerKeysRequest request;
  federation::KeyRef& ref = *request.add_keys();
  ref.set_server_name(server_name);
  ref.set_valid_at_ms(valid_at_ms);
  return Ask(deps, context, request);
}

absl::Status ReadKeyRef(const std::string& server_name, const std::string& key_id,
                        const json::Value& criteria, federation::QueryServerKeysRequest& request) {
  if (!criteria.is_object()) return BadJson("What is asked of a key must be an object");
  PARLEY_TRY(const auto valid_at_ms, OptionalInt(*criteria.AsObject(), "minimum_valid_until_ts"));
  if (request.keys_size() >= static_cast<int>(kMaxKeys))
    return BadJson("Too many keys are asked for");
  federation::KeyRef& ref = *request.add_keys();
  ref.set_server_name(server_name);
  ref.set_key_id(key_id);
  ref.set_valid_at_ms(valid_at_ms.value_or(0));
  return absl::OkStatus();
}

absl::Status ReadServer(const std::string& server_name, const json::Value& keys,
                        federation::QueryServerKeysRequest& request) {
  if (!IsValidServerName(server_name)) return InvalidParam("server_keys names what is no server");
  if (!keys.is_object()) return BadJson("server_keys must hold objects");
  if (keys.AsObject()->empty()) request.add_keys()->set_server_name(server_name);
  for (const auto& [key_id, criteria] : *keys.AsObject()) {
    PARLEY_RETURN_IF_ERROR(ReadKeyRef(server_name, key_id, criteria, request));
  }
  return absl::OkStatus();
}

// POST /_matrix/key/v2/query
absl::StatusOr<HttpAnswer> QueryMany(const Deps& deps, RequestContext& context) {
  PARLEY_TRY(const json::Object* body, context.Body());
  const json::Object* servers = json::FindObject(*body, "server_keys");
  if (servers == nullptr) return BadJson("server_keys must be an object");
  if (servers->size() > kMaxServers) return BadJson("Too many servers are asked for");
  federation::QueryServerKeysRequest request;
  for (const auto& [server_name, keys] : *servers) {
    PARLEY_RETURN_IF_ERROR(ReadServer(server_name, keys, request));
  }
  return Ask(deps, context, request);
}

// GET /_matrix/federation/v1/version
absl::StatusOr<HttpAnswer> GetVersion(const Deps&, RequestContext&) {
  return JsonAnswer(
      json::Object{{"server", json::Object{{"name", "Parley"}, {"version", PARLEY_VERSION}}}});
}

}  // namespace

void AddFederationKeyRoutes(Router& router, const FederationDeps& deps) {
  const auto add = [&](std::string_view method, std::string_view path, auto handle) {
    router.Add({.method = method,
                .path = path,
                .auth = Auth::kNone,
                .handler = [deps = deps.deps, handle](RequestContext& context) {
                  return handle(deps, context);
                }});
  };
  add("GET", "/_matrix/key/v2/server", GetOwnKeys);
  add("GET", "/_matrix/key/v2/server/{keyId}", GetOwnKeys);
  add("GET", "/_matrix/key/v2/query/{serverName}", QueryOne);
  add("GET", "/_matrix/key/v2/query/{serverName}/{keyId}", QueryOne);
  add("POST", "/_matrix/key/v2/query", QueryMany);
  add("GET", "/_matrix/federation/v1/version", GetVersion);
}

}  // namespace parley::gateway
