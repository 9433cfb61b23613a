#include "common/http/client.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include <absl/synchronization/notification.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "common/base/strings.h"
#include "common/http/client_exchange.h"
#include "common/http/dns.h"
#include "common/status/macros.h"

namespace parley::http {
namespace {

namespace asio = boost::asio;

constexpr auto kSweepEvery = std::chrono::seconds(5);

// No byte that would end a line or a word of the request's head.
bool IsPlain(std::string_view text, char lowest) {
  return std::all_of(text.begin(), text.end(),
                     [lowest](char c) { return c >= lowest && c < 0x7f; });
}

absl::Status CheckSendable(const ClientRequest& request) {
  bool plain = IsPlain(request.method, '!') && IsPlain(request.target, '!') &&
               request.target.starts_with('/') && IsPlain(request.host_header, '!') &&
               IsPlain(request.host, '!') && !request.host.empty();
  for (const auto& [name, value] : request.headers)
    plain = plain && IsPlain(name, '!') && IsPlain(value, ' ');
  return plain ? absl::OkStatus()
               : absl::InvalidArgumentError("the request can't be written as HTTP");
}

void ScheduleSweep(ClientShard& shard) {
  shard.DropOld();
  shard.sweep.expires_after(kSweepEvery);
  shard.sweep.async_wait([&shard](boost::system::error_code error) {
    if (!error && !shard.stopping) ScheduleSweep(shard);
  });
}

// Keeps its exchange alive.
asio::awaitable<void> RunExchange(std::shared_ptr<Exchange> exchange) {
  co_await exchange->Run();
}

}  // namespace

class Client::Impl {
 public:
  explicit Impl(const ClientOptions& options) {
    for (int i = 0; i < std::max(options.threads, 1); ++i) {
      shards_.push_back(std::make_shared<ClientShard>(options, tls_, *dns_));
      guards_.emplace_back(shards_.back()->io.get_executor());
    }
  }

  ~Impl() {
    Stop();
    guards_.clear();
    for (std::thread& thread : threads_) thread.join();
    dns_.reset();
    // What the resolver answered at its end stands in the loops' queues and refers to them.
    for (const auto& shard : shards_) {
      shard->io.restart();
      shard->io.poll();
    }
  }

  void Stop() {
    for (const auto& shard : shards_) asio::post(shard->io, [&shard = *shard] { shard.Stop(); });
  }

  absl::Status Trust(const std::string& extra_ca_file) {
    boost::system::error_code error;
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3 |
                         asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1,
                     error);
    tls_.set_default_verify_paths(error);
    error.clear();
    if (!extra_ca_file.empty()) tls_.load_verify_file(extra_ca_file, error);
    if (!error) return absl::OkStatus();
    return absl::InvalidArgumentError(
        StrCat("cannot read the authorities in ", extra_ca_file, ": ", error.message()));
  }

  void Start() {
    for (const auto& shard : shards_) {
      ScheduleSweep(*shard);
      threads_.emplace_back([shard] { shard->io.run(); });
    }
  }

  void Send(ClientRequest request, Done done) {
    if (absl::Status sendable = CheckSendable(request); !sendable.ok())
      return done(std::move(sendable));
    const std::shared_ptr<ClientShard>& shard = ShardOf(request);
    auto begin = [shard, request = std::move(request), done = std::move(done)]() mutable {
      auto exchange = std::make_shared<Exchange>(shard, std::move(request), std::move(done));
      asio::co_spawn(shard->io, RunExchange(std::move(exchange)), asio::detached);
    };
    asio::post(shard->io, std::move(begin));
  }

  Dns& dns() { return *dns_; }

  size_t in_flight() const {
    size_t count = 0;
    for (const auto& shard : shards_) count += shard->open;
    return count;
  }

 private:
  // Always the same for a place, so that its connections are found again.
  const std::shared_ptr<ClientShard>& ShardOf(const ClientRequest& request) const {
    return shards_[std::hash<std::string>()(request.host) % shards_.size()];
  }

  asio::ssl::context tls_{asio::ssl::context::tls_client};
  std::unique_ptr<Dns> dns_ = std::make_unique<Dns>();
  std::vector<std::shared_ptr<ClientShard>> shards_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<Client>> Client::Make(const ClientOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  PARLEY_RETURN_IF_ERROR(impl->Trust(options.extra_ca_file));
  impl->Start();
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

void Client::Send(ClientRequest request, Done done) {
  impl_->Send(std::move(request), std::move(done));
}

absl::StatusOr<ClientResponse> Client::SendAndWait(ClientRequest request) {
  absl::StatusOr<ClientResponse> answer = absl::UnknownError("");
  absl::Notification answered;
  Send(std::move(request), [&](absl::StatusOr<ClientResponse> got) {
    answer = std::move(got);
    answered.Notify();
  });
  answered.WaitForNotification();
  return answer;
}

void Client::Stop() { impl_->Stop(); }

Dns& Client::dns() {
  return impl_->dns();
}
size_t Client::in_flight() const {
  return impl_->in_flight();
}

}  // namespace parley::http
