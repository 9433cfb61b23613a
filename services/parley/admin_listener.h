#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "common/http/server.h"
#include "common/metrics/registry.h"

namespace parley {

// The operator's small listener: /metrics, /livez (the process answers), /readyz (it serves: 200, else 503).
// Threads: any. Lifetime: borrows the registry.
class AdminListener final : private http::Handler {
 public:
  // Empty `address`: a listener that does not listen. InvalidArgument or Unavailable when it can't.
  static absl::StatusOr<std::unique_ptr<AdminListener>> Start(const std::string& address,
                                                              metrics::Registry& registry);

  void SetReady(bool ready) { ready_ = ready; }
  uint16_t port() const { return server_ ? server_->port() : 0; }

 private:
  explicit AdminListener(metrics::Registry& registry) : registry_(registry) {}

  size_t BodyLimit(const http::Request& head) override { return 0; }
  void Handle(http::Request request, http::Responder responder) override;

  metrics::Registry& registry_;
  std::atomic<bool> ready_ = false;
  std::unique_ptr<http::Server> server_;
};

}  // namespace parley
