#include "services/calls/service.h"

#include "common/json/value.h"
#include "services/calls/turn.h"

namespace parley::calls {
namespace {

json::Object TurnServer(const Config& config, const TurnCredential& credential) {
  json::Array uris;
  for (const std::string& uri : config.turn_uris) uris.emplace_back(uri);
  return {{"uris", std::move(uris)},
          {"username", credential.username},
          {"password", credential.password},
          {"ttl", absl::ToInt64Seconds(config.turn_lifetime)}};
}

}  // namespace

absl::StatusOr<GetTurnServerResponse> Service::GetTurnServer(const rpc::Call&, const GetTurnServerRequest& request) {
  GetTurnServerResponse response;
  if (config_.turn_uris.empty() || config_.turn_secret.empty()) {
    response.set_json("{}");
    return response;
  }
  const TurnCredential credential = MakeTurnCredential(config_.turn_secret, request.requester().user_id(),
                                                       clock_.Now() + config_.turn_lifetime);
  response.set_json(json::Serialize(TurnServer(config_, credential)));
  return response;
}

absl::StatusOr<GetRtcTransportsResponse> Service::GetRtcTransports(const rpc::Call&, const GetRtcTransportsRequest&) {
  json::Array transports;
  if (!config_.livekit_service_url.empty()) {
    transports.emplace_back(
        json::Object{{"type", "livekit"}, {"livekit_service_url", config_.livekit_service_url}});
  }
  GetRtcTransportsResponse response;
  response.set_json(json::Serialize(json::Object{{"rtc_transports", std::move(transports)}}));
  return response;
}

}  // namespace parley::calls
