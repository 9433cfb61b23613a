#include <sys/socket.h>

#include <array>
#include <chrono>
#include <limits>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/time/clock.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/base/strings.h"
#include "common/http/body_decoder.h"
#include "common/http/head_parser.h"
#include "common/http/shard.h"
#include "common/status/matrix_error.h"

namespace parley::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Completion as (error_code, result), without exceptions.
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

constexpr size_t kReadSize = 2 << 10;
constexpr size_t kBodyReadSize = 32 << 10;
constexpr int64_t kRetryAfterMs = 1000;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
constexpr int64_t kLingerSeconds = 3;

constexpr std::string_view kCorsHeaders =
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"
    "Access-Control-Allow-Headers: X-Requested-With, Content-Type, Authorization\r\n";

std::string NextRequestId() {
  static const std::string prefix = StrCat(absl::Hex(absl::ToUnixMillis(absl::Now()) & 0xFFFFFFFF));
  static std::atomic<uint64_t> counter{0};
  return StrCat(prefix, "-", counter.fetch_add(1, std::memory_order_relaxed));
}

int64_t Seconds(absl::Duration duration) { return absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1))); }

Response NoContent() {
  Response response;
  response.status = 204;
  return response;
}

}  // namespace

// The result of a co_await always gets a name here: g++ 12 lays out a frame wrongly where one stands in a condition
// (coroutine_guard_test.cc).

// One client's connection: a coroutine that reads a request, hands it over, waits for the answer, writes it, and begins
// again. Threads: everything on the shard's loop thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Shard& shard, tcp::socket socket) : shard_(shard), socket_(std::move(socket)) {
    shard_.connections.insert(this);
    ++shard_.open;
  }

  ~Connection() {
    shard_.connections.erase(this);
    --shard_.open;
  }

  // All that happens on it, from the first byte to the close.
  asio::awaitable<void> Run();

  void Deliver(Response response);
  void WatchPeer(absl::AnyInvocable<void()> callback);

  bool Expired(int64_t now_s) const { return now_s > deadline_; }
  bool idle() const { return state_ == State::kIdle; }

  // Ends it whatever it does: a read or write fails, a wait for an answer gives up.
  void Abort() {
    Close();
    aborted_ = true;
    Resume();
  }

 private:
  enum class State { kIdle, kReading, kAnswering, kWriting };
  struct Waiter;

  std::string PeerAddress() const;
  std::string ClientAddress(const Headers& headers) const;
  HeadLimits Limits() const;
  void SetDeadline(absl::Duration duration) { deadline_ = shard_.now_s + Seconds(duration) + 1; }
  void SetTransferDeadline(uint64_t bytes) {
    SetDeadline(shard_.options.transfer_timeout + absl::Seconds(bytes / shard_.options.min_bytes_per_second));
  }

  asio::awaitable<bool> Shake();
  asio::awaitable<bool> ServeOne();
  asio::awaitable<bool> Fill(size_t size);
  asio::awaitable<absl::StatusOr<Head>> ReadHead();
  absl::StatusOr<BodyDecoder> StartBody(const Head& head) const;
  asio::awaitable<absl::Status> ReadBody(Head& head, BodyBudget::Share& share);
  asio::awaitable<absl::StatusOr<Head>> ReadRequest(BodyBudget::Share& share);
  asio::awaitable<std::optional<Response>> Answer(Request request);
  asio::awaitable<void> Refuse(const absl::Status& status);
  asio::awaitable<bool> Write(const Response& response, bool with_body, bool keep_alive);
  asio::awaitable<bool> WriteAll(std::string_view head, std::string_view body);
  asio::awaitable<void> Linger();

  std::string ResponseHead(const Response& response, bool keep_alive) const;
  void AwaitPeer();
  void PeerReadable();
  void Resume();
  void Close();

  Shard& shard_;
  tcp::socket socket_;
  std::optional<asio::ssl::stream<tcp::socket&>> tls_;
  std::string input_;  // read and not yet used
  std::string peer_;
  int64_t deadline_ = kNever;
  State state_ = State::kIdle;
  bool aborted_ = false;
  bool watching_ = false;   // an async_wait for peer_gone_ is under way
  bool is_peer_gone_ = false;
  bool linger_ = false;
  std::optional<Response> answer_;
  absl::AnyInvocable<void()> resume_;     // the coroutine that waits for `answer_`
  absl::AnyInvocable<void()> peer_gone_;
};

namespace {

// What a Responder holds: the way back to the loop. The shard outlives the posted work, even when the server is gone.
class Exchange final : public ResponseSink {
 public:
  Exchange(std::shared_ptr<Shard> shard, std::shared_ptr<Connection> connection)
      : shard_(std::move(shard)), connection_(std::move(connection)) {}

  void Send(Response response) override {
    asio::dispatch(shard_->io, [connection = std::move(connection_), response = std::move(response)]() mutable {
      connection->Deliver(std::move(response));
    });
  }

  void OnPeerGone(absl::AnyInvocable<void()> callback) override {
    asio::dispatch(shard_->io, [connection = connection_, callback = std::move(callback)]() mutable {
      connection->WatchPeer(std::move(callback));
    });
  }

 private:
  std::shared_ptr<Shard> shard_;
  std::shared_ptr<Connection> connection_;
};

// Keeps its connection alive.
asio::awaitable<void> RunConnection(std::shared_ptr<Connection> connection) { co_await connection->Run(); }

}  // namespace

asio::awaitable<void> Connection::Run() {
  peer_ = PeerAddress();
  bool more = co_await Shake();
  while (more) {
    more = co_await ServeOne();
  }
  co_await Linger();
  Close();
}

// TLS, where it is wanted. False when the peer does not speak it.
asio::awaitable<bool> Connection::Shake() {
  if (!shard_.tls) co_return true;
  state_ = State::kReading;
  SetDeadline(shard_.options.head_timeout);
  tls_.emplace(socket_, *shard_.tls);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, kAsTuple);
  co_return !error;
}

struct Connection::Waiter {
  Connection* connection;

  template <class CompletionHandler>
  void operator()(CompletionHandler&& handler) {
    connection->resume_ = std::forward<CompletionHandler>(handler);
  }
};

std::string Connection::PeerAddress() const {
  boost::system::error_code error;
  const auto endpoint = socket_.remote_endpoint(error);
  return error ? "" : endpoint.address().to_string();
}

std::string Connection::ClientAddress(const Headers& headers) const {
  if (!shard_.options.behind_proxy) return peer_;
  const std::string_view hops = headers.Get("X-Forwarded-For");
  const absl::string_view last = absl::StripAsciiWhitespace(Abs(hops.substr(hops.rfind(',') + 1)));
  return last.empty() ? peer_ : std::string(last);
}

HeadLimits Connection::Limits() const {
  return {shard_.options.max_head_bytes, shard_.options.max_headers, shard_.options.max_query_params};
}

// False when nothing more comes.
asio::awaitable<bool> Connection::Fill(size_t size) {
  const size_t old_size = input_.size();
  input_.resize(old_size + size);
  const asio::mutable_buffer space = asio::buffer(input_.data() + old_size, size);
  if (tls_) {
    const auto [error, count] = co_await tls_->async_read_some(space, kAsTuple);
    input_.resize(old_size + count);
    co_return !error && count > 0;
  }
  const auto [error, count] = co_await socket_.async_read_some(space, kAsTuple);
  input_.resize(old_size + count);
  co_return !error && count > 0;
}

asio::awaitable<absl::StatusOr<Head>> Connection::ReadHead() {
  state_ = State::kIdle;
  SetDeadline(shard_.options.idle_timeout);
  if (input_.empty()) {
    const bool more = co_await Fill(kReadSize);
    if (!more) co_return absl::CancelledError();
  }
  state_ = State::kReading;
  SetDeadline(shard_.options.head_timeout);
  if (input_.starts_with("\r\n")) input_.erase(0, 2);  // RFC 9112 2.2
  while (true) {
    const absl::StatusOr<std::optional<size_t>> end = FindHeadEnd(input_, Limits());
    if (!end.ok()) co_return end.status();
    if (*end) {
      absl::StatusOr<Head> head = ParseHead(std::string_view(input_).substr(0, **end), Limits());
      input_.erase(0, **end);
      co_return head;
    }
    const bool more = co_await Fill(kReadSize);
    if (!more) co_return absl::CancelledError();
  }
}

absl::StatusOr<BodyDecoder> Connection::StartBody(const Head& head) const {
  if (!head.chunked && head.content_length.value_or(0) == 0) return BodyDecoder::OfLength(0);
  const size_t limit = shard_.handler.BodyLimit(head.request);
  if (head.chunked) return BodyDecoder::Chunked(limit);
  if (*head.content_length > limit) return TooLarge("The request's body is too large");
  return BodyDecoder::OfLength(*head.content_length);
}

asio::awaitable<absl::Status> Connection::ReadBody(Head& head, BodyBudget::Share& share) {
  absl::StatusOr<BodyDecoder> decoder = StartBody(head);
  if (!decoder.ok()) co_return decoder.status();
  if (decoder->done()) co_return absl::OkStatus();
  if (head.expects_continue && input_.empty()) {
    const bool sent = co_await WriteAll("HTTP/1.1 100 Continue\r\n\r\n", "");
    if (!sent) co_return absl::CancelledError();
  }
  SetTransferDeadline(head.content_length.value_or(0));
  while (true) {
    const absl::StatusOr<size_t> taken = decoder->Take(input_, head.request.body);
    if (!taken.ok()) co_return taken.status();
    input_.erase(0, *taken);
    if (!share.Grow(head.request.body.size())) co_return LimitExceeded(kRetryAfterMs);
    if (decoder->done()) break;
    const bool more = co_await Fill(kBodyReadSize);
    if (!more) co_return absl::CancelledError();
  }
  if (input_.empty()) input_ = std::string();  // gives the large buffer back
  co_return absl::OkStatus();
}

asio::awaitable<absl::StatusOr<Head>> Connection::ReadRequest(BodyBudget::Share& share) {
  absl::StatusOr<Head> head = co_await ReadHead();
  if (!head.ok()) co_return head;
  const absl::Status body = co_await ReadBody(*head, share);
  if (!body.ok()) co_return body;
  co_return head;
}

asio::awaitable<bool> Connection::ServeOne() {
  BodyBudget::Share share(shard_.bodies);
  absl::StatusOr<Head> head = co_await ReadRequest(share);
  if (!head.ok()) {
    co_await Refuse(head.status());
    co_return false;
  }
  const bool with_body = head->request.method != "HEAD";
  const std::optional<Response> response = co_await Answer(std::move(head->request));
  if (!response) co_return false;
  const bool more = co_await Write(*response, with_body, head->keep_alive && !shard_.stopping);
  co_return more && !shard_.stopping;
}

// Nothing when there is nobody left to answer.
asio::awaitable<std::optional<Response>> Connection::Answer(Request request) {
  if (shard_.options.cors && request.method == "OPTIONS") co_return NoContent();
  state_ = State::kAnswering;
  deadline_ = kNever;
  request.peer = ClientAddress(request.headers);
  request.id = NextRequestId();
  auto exchange = std::make_shared<Exchange>(shard_.shared_from_this(), shared_from_this());
  shard_.handler.Handle(std::move(request), Responder(std::move(exchange)));
  if (!answer_ && !aborted_) {
    Waiter waiter{this};
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(waiter, asio::use_awaitable);
  }
  if (aborted_ || is_peer_gone_) co_return std::nullopt;
  co_return std::exchange(answer_, std::nullopt);
}

void Connection::Resume() {
  if (!resume_) return;
  absl::AnyInvocable<void()> resume = std::exchange(resume_, nullptr);
  resume();
}

void Connection::Deliver(Response response) {
  answer_ = std::move(response);
  peer_gone_ = nullptr;
  if (watching_) {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
  Resume();
}

void Connection::WatchPeer(absl::AnyInvocable<void()> callback) {
  peer_gone_ = std::move(callback);
  if (input_.empty()) input_ = std::string();
  if (!aborted_) AwaitPeer();
}

void Connection::AwaitPeer() {
  watching_ = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    self->watching_ = false;
    if (!error) self->PeerReadable();
  });
}

// The peer has closed, or sends its next request already: then nothing can be seen behind that until it is read.
void Connection::PeerReadable() {
  if (!peer_gone_) return;
  char byte;
  const ssize_t count = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return;
  if (count < 0 && errno == EAGAIN) return AwaitPeer();
  is_peer_gone_ = true;
  std::exchange(peer_gone_, nullptr)();
}

asio::awaitable<void> Connection::Refuse(const absl::Status& status) {
  if (absl::IsCancelled(status)) co_return;
  linger_ = true;
  const Response response = ErrorResponse(status);
  co_await Write(response, true, false);
}

std::string Connection::ResponseHead(const Response& response, bool keep_alive) const {
  std::string head = StrCat("HTTP/1.1 ", response.status, " ", ReasonPhrase(response.status), "\r\n", shard_.date);
  if (response.status != 204 && response.status != 304) {
    StrAppend(&head, "Content-Type: ", response.content_type, "\r\nContent-Length: ", response.body.size(), "\r\n");
  }
  for (const auto& [name, value] : response.headers) {
    if (value.find_first_of("\r\n") == value.npos) StrAppend(&head, name, ": ", value, "\r\n");
  }
  if (shard_.options.cors) head += kCorsHeaders;
  StrAppend(&head, keep_alive ? "" : "Connection: close\r\n", "\r\n");
  return head;
}

asio::awaitable<bool> Connection::Write(const Response& response, bool with_body, bool keep_alive) {
  state_ = State::kWriting;
  SetTransferDeadline(response.body.size());
  const std::string head = ResponseHead(response, keep_alive);
  const bool written = co_await WriteAll(head, with_body ? std::string_view(response.body) : "");
  co_return written && keep_alive;
}

asio::awaitable<bool> Connection::WriteAll(std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  if (tls_) {
    const auto [error, count] = co_await asio::async_write(*tls_, parts, kAsTuple);
    co_return !error;
  }
  const auto [error, count] = co_await asio::async_write(socket_, parts, kAsTuple);
  co_return !error;
}

// Reads what the client still sends, for a while: closing with unread input would reset the connection, and the client
// might never see why it was refused.
asio::awaitable<void> Connection::Linger() {
  if (!linger_ && input_.empty()) co_return;
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  deadline_ = shard_.now_s + kLingerSeconds;
  bool more = true;
  while (more) {
    input_.clear();
    more = co_await Fill(kBodyReadSize);
  }
}

void Connection::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Serve(Shard& shard, tcp::socket socket) {
  if (shard.stopping) return;
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  auto connection = std::make_shared<Connection>(shard, std::move(socket));
  asio::co_spawn(shard.io, RunConnection(std::move(connection)), asio::detached);
}

void Tick(Shard& shard) {
  shard.now_s = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  shard.date = absl::FormatTime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", absl::Now(), absl::UTCTimeZone());
  std::vector<std::shared_ptr<Connection>> expired;
  for (Connection* connection : shard.connections) {
    if (connection->Expired(shard.now_s)) expired.push_back(connection->shared_from_this());
  }
  for (const auto& connection : expired) connection->Abort();
}

void CloseConnections(Shard& shard, bool busy_ones_too) {
  std::vector<std::shared_ptr<Connection>> closing;
  for (Connection* connection : shard.connections) {
    if (busy_ones_too || connection->idle()) closing.push_back(connection->shared_from_this());
  }
  for (const auto& connection : closing) connection->Abort();
}

}  // namespace parley::http
