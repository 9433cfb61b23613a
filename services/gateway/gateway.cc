#include "services/gateway/gateway.h"

#include <algorithm>
#include <thread>

#include "common/http/server.h"
#include "common/runtime/work_pool.h"
#include "common/status/macros.h"
#include "services/gateway/dispatcher.h"

namespace parley::gateway {
namespace {

constexpr int kHandlersPerCore = 16;

int Cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

WorkPool::Options PoolOptions(const Config& config) {
  WorkPool::Options options;
  options.name = "handler";
  options.threads = config.handler_threads > 0 ? config.handler_threads : kHandlersPerCore * Cores();
  options.max_queued = config.max_queued_requests;
  return options;
}

http::ServerOptions ServerOptions(const Config& config) {
  http::ServerOptions options;
  options.address = config.listen_address;
  options.port = config.listen_port;
  options.threads = config.loop_threads > 0 ? config.loop_threads : Cores();
  options.max_connections = config.max_connections;
  options.max_body_bytes = config.max_body_bytes;
  options.behind_proxy = config.behind_proxy;
  options.tls_certificate_file = config.tls_certificate;
  options.tls_key_file = config.tls_key;
  return options;
}

}  // namespace

class Gateway::Impl {
 public:
  Impl(const Config& config, Router router, Authenticator& authenticator, LastSeen& last_seen,
       metrics::Registry& registry, const Clock& clock)
      : router_(std::move(router)),
        pool_(PoolOptions(config)),
        dispatcher_({config, router_, authenticator, last_seen, pool_, registry, clock}) {}

  absl::Status Listen(const Config& config) {
    PARLEY_TRY(server_, http::Server::Start(ServerOptions(config), dispatcher_));
    return absl::OkStatus();
  }

  uint16_t port() const { return server_->port(); }

  void Stop(absl::Duration grace) {
    server_->Stop(grace);
    pool_.Drain();
  }

 private:
  Router router_;
  WorkPool pool_;
  Dispatcher dispatcher_;
  std::unique_ptr<http::Server> server_;
};

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(const Config& config, Router router,
                                                        Authenticator& authenticator, LastSeen& last_seen,
                                                        metrics::Registry& registry, const Clock& clock) {
  auto impl = std::make_unique<Impl>(config, std::move(router), authenticator, last_seen, registry, clock);
  PARLEY_RETURN_IF_ERROR(impl->Listen(config));
  return std::unique_ptr<Gateway>(new Gateway(std::move(impl)));
}

Gateway::Gateway(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Gateway::~Gateway() { Stop(absl::ZeroDuration()); }

uint16_t Gateway::port() const { return impl_->port(); }
void Gateway::Stop(absl::Duration grace) { impl_->Stop(grace); }

}  // namespace parley::gateway
