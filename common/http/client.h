#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <absl/functional/any_invocable.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/http/address_rules.h"
#include "common/http/message.h"

// The outbound HTTP/1.1 client of everything that leaves this server. It resolves a name once,
// checks each address, and connects to the checked one; every answer is bounded in bytes and time.
// No Boost and no OpenSSL in this header.
namespace parley::http {

class Dns;

struct ClientRequest {
  std::string method = "GET";
  std::string host;  // to connect to: a name or an IP literal without brackets
  uint16_t port = 443;
  bool tls = true;
  std::string tls_name;      // whom the certificate must name, and SNI; empty: `host`
  std::string host_header;   // empty: `host`
  std::string target = "/";  // path and query, percent-encoded
  std::vector<std::pair<std::string, std::string>> headers;  // besides Host and Content-Length
  std::string body;
  absl::Time deadline = absl::InfiniteFuture();
  size_t max_body = 4 << 20;  // of the answer
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

struct ClientOptions {
  AddressRules addresses;
  // A PEM file of authorities that are trusted besides the system's; empty: none.
  std::string extra_ca_file;
  int threads = 1;
  absl::Duration connect_timeout = absl::Seconds(10);  // of one address, with its TLS handshake
  absl::Duration idle_timeout = absl::Seconds(30);     // a connection without work is kept so long
  size_t max_idle_per_place = 4;
  size_t max_head_bytes = 16 << 10;
};

// Threads: any. Lifetime: the destructor ends what is under way with Unavailable. Redirects are
// answers like others.
class Client {
 public:
  // InvalidArgument when the CA file can't be read.
  static absl::StatusOr<std::unique_ptr<Client>> Make(const ClientOptions& options);
  ~Client();

  // Runs on a thread of the client, once: quick, and must not destroy it.
  using Done = absl::AnyInvocable<void(absl::StatusOr<ClientResponse>)>;

  // Errors: NotFound (no such name), PermissionDenied (its addresses are denied), Unavailable (not
  // reached, certificate, broken off), DeadlineExceeded, ResourceExhausted (larger than max_body),
  // InvalidArgument (the answer is not HTTP, or the request can't be sent). Texts name no secrets
  // and no internals.
  void Send(ClientRequest request, Done done);
  absl::StatusOr<ClientResponse> SendAndWait(ClientRequest request);

  // Ends what is under way, and all that comes from now on, with Unavailable; for owners whose threads wait in it.
  void Stop();

  // The resolver that it uses, for other records.
  Dns& dns();
  // Requests that wait for their answers.
  size_t in_flight() const;

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::http
