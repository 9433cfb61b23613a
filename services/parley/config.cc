#include "services/parley/config.h"

#include <filesystem>

#include <absl/strings/match.h>
#include <absl/strings/numbers.h>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley {
namespace {

// Longer paths do not fit into a socket's address.
constexpr size_t kMaxSocketPath = 107;

absl::Status Invalid(std::string_view option, std::string_view why) {
  return absl::InvalidArgumentError(StrCat(option, " ", why));
}

std::string DefaultRpcAddress(const std::filesystem::path& data_dir) {
  const std::string path = data_dir / "parley.sock";
  return path.size() <= kMaxSocketPath ? "unix:" + path : "127.0.0.1:0";
}

// Whoever is told the address need not be in this folder.
std::string WithWholePath(const std::string& address) {
  if (!absl::StartsWith(address, "unix:")) return address;
  const std::string path = std::filesystem::absolute(address.substr(5)).lexically_normal();
  return path.size() <= kMaxSocketPath ? "unix:" + path : address;
}

void CompletePaths(Config& config) {
  const std::filesystem::path folder = std::filesystem::absolute(config.data_dir).lexically_normal();
  config.data_dir = folder;
  if (config.signing_key_path.empty()) config.signing_key_path = folder / "signing.key";
  if (config.store.path.empty()) config.store.path = folder / "parley.db";
  if (config.listen.rpc.empty()) config.listen.rpc = DefaultRpcAddress(folder);
  if (config.media.path.empty()) config.media.path = folder / "media";
  config.listen.rpc = WithWholePath(config.listen.rpc);
}

// A listener that others than this machine may reach makes a server public.
bool IsPrivate(const Config& config) {
  for (const std::string& listener : {config.listen.client, config.listen.federation, config.listen.metrics,
                                      config.listen.rpc}) {
    if (listener.empty() || absl::StartsWith(listener, "unix:")) continue;
    const auto endpoint = ParseEndpoint(listener);
    if (!endpoint.ok() || !endpoint->is_loopback()) return false;
  }
  return true;
}

void CompleteServices(Config& config) {
  for (auto* server_name : {&config.accounts.server_name, &config.events.server_name,
                            &config.federation.server_name, &config.gateway.server_name, &config.media.server_name}) {
    *server_name = config.server_name;
  }
  for (auto* partitions : {&config.accounts.partitions, &config.calls.partitions, &config.events.partitions, &config.federation.partitions,
                           &config.media.partitions, &config.presence.partitions, &config.profile.partitions}) {
    *partitions = config.partitions;
  }
  config.gateway.default_room_version = config.events.default_room_version;
  config.media.max_upload_bytes = config.gateway.max_upload_bytes;
  config.calls.silent_forgotten = config.events.call_retention;
  config.gateway.presence = config.presence.visibility != "off";
  config.gateway.busy_presence = config.presence.busy;
  config.accounts.open_registration = config.open_registration.value_or(IsPrivate(config));
}

absl::Status CompleteGateway(Config& config) {
  const auto client = ParseEndpoint(config.listen.client);
  if (!client.ok()) return Invalid("listen.client", Std(client.status().message()));
  config.gateway.listen_address = client->host;
  config.gateway.listen_port = client->port;
  config.gateway.rate_limits = config.rate_limits.value_or(!client->is_loopback());
  return absl::OkStatus();
}

// The federation listener is a gateway of its own, with threads of its own: other servers never take a client's.
absl::Status CompleteFederation(Config& config) {
  gateway::Config& federation = config.federation_gateway;
  federation = config.gateway;
  federation.rate_limits = false;
  federation.handler_threads = config.inbound.handler_threads;
  federation.tls_certificate = config.inbound.tls_certificate;
  federation.tls_key = config.inbound.tls_key;
  if (federation.tls_certificate.empty() != federation.tls_key.empty()) {
    return Invalid("federation.tls_certificate", "and federation.tls_key must be given together");
  }
  if (config.listen.federation.empty()) return absl::OkStatus();
  const auto endpoint = ParseEndpoint(config.listen.federation);
  if (!endpoint.ok()) return Invalid("listen.federation", Std(endpoint.status().message()));
  federation.listen_address = endpoint->host;
  federation.listen_port = endpoint->port;
  return absl::OkStatus();
}

}  // namespace

bool Endpoint::is_loopback() const {
  return host == "::1" || host == "localhost" || absl::StartsWith(host, "127.");
}

absl::StatusOr<Endpoint> ParseEndpoint(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65535) {
    return absl::InvalidArgumentError(StrCat("must be an address and a port such as 127.0.0.1:8008, not `", text, "`"));
  }
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return Endpoint{std::move(host), static_cast<uint16_t>(port)};
}

absl::Status Complete(Config& config) {
  if (!IsValidServerName(config.server_name)) {
    return Invalid("server_name", StrCat("must be a host name, with a port if need be, not `", config.server_name, "`"));
  }
  if (!config.listen.metrics.empty()) {
    if (const auto metrics = ParseEndpoint(config.listen.metrics); !metrics.ok()) {
      return Invalid("listen.metrics", Std(metrics.status().message()));
    }
  }
  CompletePaths(config);
  CompleteServices(config);
  PARLEY_RETURN_IF_ERROR(CompleteGateway(config));
  return CompleteFederation(config);
}

}  // namespace parley
