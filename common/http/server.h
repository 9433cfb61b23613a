#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <absl/functional/any_invocable.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/http/message.h"

// An HTTP/1.1 server for many parked connections: Asio coroutines on a few event loop threads. RFC 9112, read strictly:
// what two readers might understand differently is refused, and the connection ends. No Boost in this header.
namespace parley::http {

// Where a response goes. The server's connections are one; tests make their own. Threads: any.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void Send(Response response) = 0;
  virtual void OnPeerGone(absl::AnyInvocable<void()> callback) = 0;
};

// The right, and the duty, to answer one request: now or later, from any thread. While it is kept the connection is
// parked: no thread, no read buffer. Destroyed unanswered, it answers 500. Outliving the server is harmless.
class Responder {
 public:
  explicit Responder(std::shared_ptr<ResponseSink> sink) : sink_(std::move(sink)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&& other);
  ~Responder();

  // Once.
  void Send(Response response);

  // Asks to be told when the client has closed the connection, so that the request can be dropped (destroying the
  // Responder is then enough). Once per request, before Send. `callback` runs on a loop thread at most once: it must not
  // block, and may run while another thread is in Send.
  void OnPeerGone(absl::AnyInvocable<void()> callback);

 private:
  std::shared_ptr<ResponseSink> sink_;
};

// What a server serves. Both functions run on loop threads: they must not block.
class Handler {
 public:
  virtual ~Handler() = default;

  // How many body bytes this request may bring. Asked before a body is read; `head` has no body yet.
  virtual size_t BodyLimit(const Request& head) = 0;

  virtual void Handle(Request request, Responder responder) = 0;
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  uint16_t port = 0;  // 0: a free one, see Server::port
  int threads = 1;
  size_t max_connections = 20'000;  // further ones are closed at once
  // What the bodies of requests hold together until they are answered (body_budget.h); beyond it a
  // large one gets a 429.
  size_t max_body_bytes = 256 << 20;
  size_t max_head_bytes = 16 << 10;
  size_t max_headers = 100;
  size_t max_query_params = 256;
  absl::Duration idle_timeout = absl::Seconds(75);  // between requests
  absl::Duration head_timeout = absl::Seconds(10);  // from its first byte to its last
  // For a body, and for a response: this, and a second for each `min_bytes_per_second`.
  absl::Duration transfer_timeout = absl::Seconds(20);
  size_t min_bytes_per_second = 16 << 10;
  // Every answer carries the CORS headers of the client-server API ("Web Browser Clients"), OPTIONS is answered here.
  bool cors = true;
  // PEM files of a certificate with its chain, and of its key: connections are TLS. Both empty: plain. Read at the start.
  std::string tls_certificate_file;
  std::string tls_key_file;
  // The peer is a proxy of ours: the client's address is the last of X-Forwarded-For.
  bool behind_proxy = false;
};

// Threads: all methods from any thread but a loop thread. Lifetime: borrows `handler`, which must outlive the server.
class Server {
 public:
  // Listens when it returns. Unavailable when the address can't be bound, InvalidArgument when the certificate can't be
  // used.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, Handler& handler);
  ~Server();

  uint16_t port() const;
  size_t connections() const;

  // Takes no new connections, lets requests that are being answered finish for `grace`, then closes what is left.
  // Returns when all loop threads have ended.
  void Stop(absl::Duration grace = absl::ZeroDuration());

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::http
