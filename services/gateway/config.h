#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <absl/time/time.h>

namespace parley::gateway {

// A bucket of `burst` requests that refills at `per_second`.
struct Rate {
  double per_second = 0;
  double burst = 0;
};

// All options of the gateway; the field's comment is its text in the documentation.
struct Config {
  // What stands behind the ':' of our users' ids.
  std::string server_name = "localhost";
  // Of rooms that are made without naming a version.
  std::string default_room_version = "12";
  // Where clients reach this server, for /.well-known/matrix/client; empty: https://<server_name>.
  std::string public_base_url;
  // Where other servers reach it, for /.well-known/matrix/server; empty: <server_name>:443.
  std::string federation_host;
  // For /.well-known/matrix/support; empty: that page does not exist.
  std::string support_email;
  std::string support_page;

  // Where the client-server API listens.
  std::string listen_address = "127.0.0.1";
  uint16_t listen_port = 8008;
  // PEM files of the listener's certificate and key; empty: plain HTTP.
  std::string tls_certificate;
  std::string tls_key;
  // Event loop threads, and threads for handlers; 0: as many as cores, and 16 times as many.
  int loop_threads = 0;
  int handler_threads = 0;
  // Requests that may wait for a handler thread; beyond it the answer is 429.
  size_t max_queued_requests = 4096;
  size_t max_connections = 20'000;
  // What request bodies hold together until they are answered; beyond it a large one gets a 429.
  size_t max_body_bytes = 256 << 20;
  // A proxy of ours stands before the gateway: trust the last address of X-Forwarded-For.
  bool behind_proxy = false;
  // Other servers may send their joins and leaves by the first version of these endpoints.
  bool old_send_membership = false;
  // Accept access tokens in the query string (deprecated by the specification).
  bool query_access_tokens = true;
  // How long a handler may take, all calls to services included.
  absl::Duration request_timeout = absl::Seconds(30);
  // Uploads beyond this are refused.
  size_t max_upload_bytes = 50 << 20;
  // Files are served under /_matrix/media, too, where nobody needs a token.
  bool unauthenticated_media = true;

  // Follow and tell presence at all.
  bool presence = true;
  // Presence may be busy (MSC3026).
  bool busy_presence = false;

  bool rate_limits = true;
  Rate read_rate = {50, 200};
  Rate write_rate = {10, 50};
  Rate login_rate = {0.2, 5};
  // Of one address over all its users and requests.
  Rate address_rate = {200, 1000};
};

}  // namespace parley::gateway
