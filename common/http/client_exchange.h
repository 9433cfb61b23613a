#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_set.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/http/client.h"
#include "common/http/head_parser.h"

// Inside of the client: includes Asio and OpenSSL, so only its own .cc files include this.
namespace parley::http {

class Exchange;

// One connection, kept between requests to the same place.
struct Link {
  explicit Link(boost::asio::io_context& io) : socket(io) {}

  boost::asio::ip::tcp::socket socket;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls;
  std::string input;  // read and not yet used
  std::chrono::steady_clock::time_point idle_since;

  void Close() {
    boost::system::error_code ignored;
    socket.close(ignored);
  }
  // Nothing has come from the peer since its last answer: it did not close, and does not say what
  // nobody asked.
  bool IsQuiet();
};

// One event loop with its connections. All but the counter belongs to the loop thread.
struct ClientShard : std::enable_shared_from_this<ClientShard> {
  ClientShard(const ClientOptions& options, boost::asio::ssl::context& tls, Dns& dns)
      : options(options), tls(tls), dns(dns) {}

  std::shared_ptr<Link> TakeIdle(const std::string& place);
  void KeepIdle(const std::string& place, std::shared_ptr<Link> link);
  void DropOld();
  void Stop();

  const ClientOptions options;
  boost::asio::ssl::context& tls;
  Dns& dns;
  boost::asio::io_context io{1};
  boost::asio::steady_timer sweep{io};
  std::map<std::string, std::deque<std::shared_ptr<Link>>> idle;  // the oldest first
  absl::flat_hash_set<Exchange*> exchanges;
  std::atomic<size_t> open{0};
  bool stopping = false;
};

// One request and its answer: a coroutine on the loop thread of its shard.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<ClientShard> shard, ClientRequest request, Client::Done done);
  ~Exchange();

  boost::asio::awaitable<void> Run();
  // Whatever it waits for fails.
  void Break();

 private:
  using Answer = absl::StatusOr<ClientResponse>;

  boost::asio::awaitable<Answer> Perform();
  boost::asio::awaitable<absl::Status> Connect();
  boost::asio::awaitable<absl::Status> ConnectTo(std::string address);
  boost::asio::awaitable<absl::Status> Shake();
  boost::asio::awaitable<absl::StatusOr<std::vector<std::string>>> Resolve();
  boost::asio::awaitable<Answer> RoundTrip();
  boost::asio::awaitable<void> WriteRequest();
  boost::asio::awaitable<absl::StatusOr<ResponseHead>> ReadHead();
  boost::asio::awaitable<absl::StatusOr<ResponseHead>> ReadFinalHead();
  boost::asio::awaitable<absl::Status> ReadBody(const ResponseHead& head, std::string& body);
  boost::asio::awaitable<absl::Status> ReadToEnd(std::string& body);
  boost::asio::awaitable<bool> Fill(size_t size);

  void Arm(absl::Duration longest);
  absl::Status WhyBroken(std::string_view what) const;
  std::string HeadText() const;
  bool MayRepeat() const;

  const std::shared_ptr<ClientShard> shard_;
  const ClientRequest request_;
  const std::string place_;
  Client::Done done_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer resolved_;  // cancelled when the resolver has answered
  std::optional<absl::StatusOr<std::vector<std::string>>> addresses_;
  std::shared_ptr<Link> link_;
  int64_t armed_ = 0;  // which Arm is in force
  bool expired_ = false;
  bool answer_began_ = false;
  bool ended_cleanly_ = false;  // the peer's last byte was followed by a proper end
};

}  // namespace parley::http
