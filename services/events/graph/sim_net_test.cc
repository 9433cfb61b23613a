#include "common/json/value.h"
#include "common/status/macros.h"
#include "services/events/graph/sim_server.h"

namespace parley::events {
namespace {

// What of a request target's query is named `name`, all of it.
std::vector<std::string> Values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  const auto parsed = http::ParseQuery(query, 100);
  if (!parsed) return values;
  for (const auto& [key, value] : *parsed) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::string First(const std::vector<std::string>& values) {
  return values.empty() ? "" : values[0];
}

absl::StatusOr<FederationJson> MissingEvents(SimServer& server, const std::string& origin,
                                             const std::string& room, const std::string& body) {
  PARLEY_TRY(const json::Object asked, json::ParseObject(body));
  v1::GetMissingEventsRequest request;
  request.set_origin(origin);
  request.set_room_id(room);
  for (const json::Value& id : *json::FindArray(asked, "earliest_events"))
    request.add_earliest_events(*id.AsString());
  for (const json::Value& id : *json::FindArray(asked, "latest_events"))
    request.add_latest_events(*id.AsString());
  request.set_limit(json::IntOr(asked, "limit", 10));
  return server.federation().GetMissingEvents({}, request);
}

absl::StatusOr<FederationJson> Route(SimServer& server, const std::string& origin,
                                     const federation::RequestRequest& asked) {
  const std::string_view target = asked.path();
  const size_t mark = target.find('?');
  const std::string_view query = mark == target.npos ? "" : target.substr(mark + 1);
  const auto path = *http::SplitPath(target.substr(0, mark));
  const std::string& endpoint = path[3];
  const std::string& about = path[4];
  if (endpoint == "get_missing_events") return MissingEvents(server, origin, about, asked.body());
  if (endpoint == "event") {
    v1::GetPduRequest request;
    request.set_origin(origin);
    request.set_event_id(about);
    return server.federation().GetPdu({}, request);
  }
  if (endpoint == "state" || endpoint == "state_ids") {
    v1::GetFederationStateRequest request;
    request.set_origin(origin);
    request.set_room_id(about);
    request.set_event_id(First(Values(query, "event_id")));
    request.set_only_ids(endpoint == "state_ids");
    return server.federation().GetFederationState({}, request);
  }
  v1::BackfillRequest request;
  request.set_origin(origin);
  request.set_room_id(about);
  for (const std::string& id : Values(query, "v")) request.add_from(id);
  request.set_limit(std::stoi(First(Values(query, "limit"))));
  return server.federation().Backfill({}, request);
}

}  // namespace

absl::StatusOr<federation::RequestResponse> SimNet::Request(
    const rpc::Call&, const federation::RequestRequest& request) {
  const auto server = world_.servers.find(request.destination());
  if (server == world_.servers.end() || !server->second->reachable)
    return absl::UnavailableError("not reachable");
  asked.push_back(request.path());
  if (!refused.empty() && request.path().find(refused) != std::string::npos) {
    return absl::UnavailableError("not answered");
  }
  const auto answer = Route(*server->second, own_name_, request);
  federation::RequestResponse response;
  response.set_status(answer.ok() ? 200 : 403);
  if (answer.ok()) response.set_body(answer->json());
  return response;
}

absl::StatusOr<federation::GetServerKeysResponse> SimNet::GetServerKeys(
    const rpc::Call&, const federation::GetServerKeysRequest& request) {
  federation::GetServerKeysResponse response;
  for (const federation::KeyRef& asked : request.keys()) {
    const auto server = world_.servers.find(asked.server_name());
    if (server == world_.servers.end() || server->second->key().id() != asked.key_id()) continue;
    federation::ServerKey& key = *response.add_keys();
    key.set_server_name(asked.server_name());
    key.set_key_id(asked.key_id());
    key.set_public_key(server->second->key().public_key());
    key.set_valid_until_ms(world_.clock.NowMs() + 1'000'000'000);
  }
  return response;
}

}  // namespace parley::events
