#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/base/clock.h"
#include "common/crypto/sign.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "parley/federation/v1/federation.pb.h"
#include "services/federation/config.h"
#include "services/federation/discovery.h"
#include "services/federation/metrics.h"
#include "services/federation/reachability.h"

namespace parley::http {
class Client;
struct ClientRequest;
struct ClientResponse;
}  // namespace parley::http

namespace parley::federation {

// Requests to other servers. Threads: any; calls block, within the call's deadline and the
// configured time. Lifetime: borrows config and all of Deps.
class Requests {
 public:
  struct Deps {
    http::Client& client;
    Discovery& discovery;
    const crypto::SigningKey& signing_key;
    const Metrics& metrics;
    Reachability& reachability;
  };

  Requests(const Config& config, Deps deps) : config_(config), deps_(deps) {}

  // Signed, and at once Unavailable for a server that was not reached lately, unless the request
  // says otherwise. InvalidArgument when the destination can't be one or is ourselves, or the body
  // is no JSON object; otherwise Unavailable with what went wrong.
  absl::StatusOr<v1::RequestResponse> Send(const rpc::Call& call,
                                           const v1::RequestRequest& request) const;

  // A signed GET of `request.target`, whatever it answers, also from a server that was not reached
  // lately. InvalidArgument when the server is ourselves; else the errors of the client.
  absl::StatusOr<http::ClientResponse> GetSigned(const std::string& server_name,
                                                 http::ClientRequest request) const;

  // Not signed: the JSON object that a 200 brings.
  absl::StatusOr<json::Object> GetPublic(const rpc::Call& call, const std::string& server_name,
                                         std::string_view path, size_t max_bytes) const;

 private:
  absl::StatusOr<http::ClientResponse> SendTo(const std::string& server_name,
                                              http::ClientRequest request) const;
  void Count(const absl::StatusOr<http::ClientResponse>& answer, absl::Duration took) const;

  const Config& config_;
  const Deps deps_;
};

}  // namespace parley::federation
