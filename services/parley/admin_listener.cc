#include "services/parley/admin_listener.h"

#include <utility>

#include "common/status/macros.h"
#include "services/parley/config.h"

namespace parley {
namespace {

http::Response Text(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminListener>> AdminListener::Start(const std::string& address,
                                                                    metrics::Registry& registry) {
  std::unique_ptr<AdminListener> listener(new AdminListener(registry));
  if (address.empty()) return listener;
  PARLEY_TRY(const Endpoint endpoint, ParseEndpoint(address));
  http::ServerOptions options;
  options.address = endpoint.host;
  options.port = endpoint.port;
  options.max_connections = 100;
  options.cors = false;
  PARLEY_TRY(listener->server_, http::Server::Start(options, *listener));
  return listener;
}

void AdminListener::Handle(http::Request request, http::Responder responder) {
  if (request.path == "/metrics") return responder.Send(Text(200, registry_.Text()));
  if (request.path == "/livez") return responder.Send(Text(200, "ok\n"));
  if (request.path == "/readyz") return responder.Send(ready_ ? Text(200, "ready\n") : Text(503, "not ready\n"));
  responder.Send(Text(404, "there are /metrics, /livez and /readyz\n"));
}

}  // namespace parley
