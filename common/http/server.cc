#include "common/http/server.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include <absl/time/clock.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/base/strings.h"
#include "common/http/shard.h"
#include "common/status/macros.h"

namespace parley::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

void ScheduleTick(Shard& shard) {
  Tick(shard);
  shard.tick.expires_after(std::chrono::seconds(1));
  shard.tick.async_wait([&shard](boost::system::error_code error) {
    if (!error && !shard.stopping) ScheduleTick(shard);
  });
}

// Null when there is no certificate.
absl::StatusOr<std::shared_ptr<asio::ssl::context>> TlsOf(const ServerOptions& options) {
  if (options.tls_certificate_file.empty()) return nullptr;
  using Tls = asio::ssl::context;
  auto tls = std::make_shared<Tls>(Tls::tls_server);
  boost::system::error_code error;
  tls->set_options(Tls::default_workarounds | Tls::no_sslv3 | Tls::no_tlsv1 | Tls::no_tlsv1_1, error);
  if (!error) tls->use_certificate_chain_file(options.tls_certificate_file, error);
  if (!error) tls->use_private_key_file(options.tls_key_file, Tls::pem, error);
  if (!error) return tls;
  return absl::InvalidArgumentError(
      StrCat("cannot use the certificate ", options.tls_certificate_file, ": ", error.message()));
}

void BeginStop(Shard& shard) {
  shard.stopping = true;
  shard.tick.cancel();
  CloseConnections(shard, /*busy_ones_too=*/false);
}

}  // namespace

Responder& Responder::operator=(Responder&& other) {
  std::swap(sink_, other.sink_);
  return *this;
}

Responder::~Responder() {
  if (sink_) sink_->Send(ErrorResponse(absl::InternalError("a request was dropped")));
}

void Responder::Send(Response response) { std::exchange(sink_, nullptr)->Send(std::move(response)); }

void Responder::OnPeerGone(absl::AnyInvocable<void()> callback) { sink_->OnPeerGone(std::move(callback)); }

class Server::Impl {
 public:
  Impl(const ServerOptions& options, Handler& handler, std::shared_ptr<asio::ssl::context> tls)
      : max_connections_(options.max_connections) {
    for (int i = 0; i < std::max(options.threads, 1); ++i) {
      shards_.push_back(std::make_shared<Shard>(options, handler, tls));
      guards_.emplace_back(shards_.back()->io.get_executor());
    }
    acceptor_.emplace(shards_[0]->io);
  }

  ~Impl() { Stop(absl::ZeroDuration()); }

  absl::Status Listen(const ServerOptions& options) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (!error) acceptor_->open(address.is_v6() ? tcp::v6() : tcp::v4(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(tcp::endpoint(address, options.port), error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_->local_endpoint(error).port();
    if (!error) return absl::OkStatus();
    return absl::UnavailableError(StrCat("listen on ", options.address, ":", options.port, ": ", error.message()));
  }

  void Run() {
    asio::co_spawn(shards_[0]->io, Accept(), asio::detached);
    for (const auto& shard : shards_) {
      ScheduleTick(*shard);
      threads_.emplace_back([shard] { shard->io.run(); });
    }
  }

  uint16_t port() const { return port_; }

  size_t connections() const {
    size_t count = 0;
    for (const auto& shard : shards_) count += shard->open;
    return count;
  }

  void Stop(absl::Duration grace) {
    if (threads_.empty()) return;
    asio::post(shards_[0]->io, [this] { acceptor_->close(); });
    for (const auto& shard : shards_) asio::post(shard->io, [&shard = *shard] { BeginStop(shard); });
    const absl::Time deadline = absl::Now() + grace;
    while (connections() > 0 && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(5));
    for (const auto& shard : shards_) {
      asio::post(shard->io, [&shard = *shard] { CloseConnections(shard, /*busy_ones_too=*/true); });
    }
    guards_.clear();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  asio::awaitable<void> Accept() {
    for (size_t next = 0; acceptor_->is_open(); ++next) {
      const std::shared_ptr<Shard> shard = shards_[next % shards_.size()];
      auto [error, socket] = co_await acceptor_->async_accept(shard->io, kAsTuple);
      if (error) {
        co_await PauseAfterError();
      } else if (connections() < max_connections_) {
        auto serve = [shard = shard.get(), socket = std::move(socket)]() mutable { Serve(*shard, std::move(socket)); };
        asio::dispatch(shard->io, std::move(serve));
      }
    }
  }

  // Out of descriptors, most likely: accepting again at once would only burn the processor.
  asio::awaitable<void> PauseAfterError() {
    if (!acceptor_->is_open()) co_return;
    asio::steady_timer timer(shards_[0]->io, std::chrono::milliseconds(50));
    co_await timer.async_wait(kAsTuple);
  }

  const size_t max_connections_;
  std::vector<std::shared_ptr<Shard>> shards_;
  std::optional<tcp::acceptor> acceptor_;  // on the first shard
  uint16_t port_ = 0;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Handler& handler) {
  PARLEY_TRY(auto tls, TlsOf(options));
  auto impl = std::make_unique<Impl>(options, handler, std::move(tls));
  if (absl::Status listening = impl->Listen(options); !listening.ok()) return listening;
  impl->Run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

uint16_t Server::port() const { return impl_->port(); }
size_t Server::connections() const { return impl_->connections(); }
void Server::Stop(absl::Duration grace) { impl_->Stop(grace); }

}  // namespace parley::http
