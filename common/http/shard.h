#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <absl/container/flat_hash_set.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/http/body_budget.h"
#include "common/http/server.h"

// Inside of the server: includes Asio, so only its own .cc files include this.
namespace parley::http {

class Connection;

// One event loop and its connections. All but the atomics belongs to the loop thread. Held by the server and by every
// Responder, so that a late answer finds its loop; connections only refer to it.
struct Shard : std::enable_shared_from_this<Shard> {
  Shard(const ServerOptions& options, Handler& handler, std::shared_ptr<boost::asio::ssl::context> tls)
      : options(options),
        handler(handler),
        tls(std::move(tls)),
        bodies(options.max_body_bytes / static_cast<size_t>(std::max(options.threads, 1))) {}

  const ServerOptions options;
  Handler& handler;
  const std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain connections
  BodyBudget bodies;
  absl::flat_hash_set<Connection*> connections;
  std::atomic<size_t> open{0};
  // Seconds of the steady clock, and the Date header that goes with them; renewed by each tick.
  int64_t now_s = 0;
  std::string date;
  bool stopping = false;
  // Behind the members above: what still waits in it when it is destroyed refers to them.
  boost::asio::io_context io{1};
  boost::asio::steady_timer tick{io};
};

// Serves what comes on `socket` until either side ends it. On the shard's loop thread.
void Serve(Shard& shard, boost::asio::ip::tcp::socket socket);

// Once a second: closes the connections whose time is over, renews the date.
void Tick(Shard& shard);

// Closes the connections that wait for a request, or all.
void CloseConnections(Shard& shard, bool busy_ones_too);

}  // namespace parley::http
