#include "common/http/client_exchange.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <absl/strings/match.h>
#include <absl/time/clock.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/base/strings.h"
#include "common/http/body_decoder.h"
#include "common/http/dns.h"

namespace parley::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr size_t kReadSize = 16 << 10;
constexpr int kMaxInterim = 4;
constexpr absl::Duration kLongestExchange = absl::Minutes(10);

absl::Status TooLargeAnswer() {
  return absl::ResourceExhaustedError("the answer is larger than allowed");
}

std::string PlaceOf(const ClientRequest& request) {
  return StrCat(request.tls ? "s" : "p", " ", request.host, " ", request.port, " ",
                request.tls_name);
}

bool HasBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

bool IsIpLiteral(const std::string& host) {
  return IpAddress::Parse(host).has_value();
}

}  // namespace

// As in connection.cc, the result of a co_await always gets a name (coroutine_guard_test.cc).

bool Link::IsQuiet() {
  char byte;
  const ssize_t count = ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return input.empty() && count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::shared_ptr<Link> ClientShard::TakeIdle(const std::string& place) {
  const auto found = idle.find(place);
  if (found == idle.end()) return nullptr;
  std::shared_ptr<Link> taken;
  while (!taken && !found->second.empty()) {
    std::shared_ptr<Link> link = std::move(found->second.back());
    found->second.pop_back();
    if (link->IsQuiet()) taken = std::move(link);
  }
  if (found->second.empty()) idle.erase(found);
  return taken;
}

void ClientShard::KeepIdle(const std::string& place, std::shared_ptr<Link> link) {
  if (stopping) return;
  link->idle_since = std::chrono::steady_clock::now();
  std::deque<std::shared_ptr<Link>>& links = idle[place];
  links.push_back(std::move(link));
  if (links.size() > options.max_idle_per_place) links.pop_front();
}

void ClientShard::DropOld() {
  const auto oldest =
      std::chrono::steady_clock::now() - absl::ToChronoNanoseconds(options.idle_timeout);
  for (auto place = idle.begin(); place != idle.end();) {
    std::deque<std::shared_ptr<Link>>& links = place->second;
    while (!links.empty() && links.front()->idle_since < oldest) links.pop_front();
    place = links.empty() ? idle.erase(place) : std::next(place);
  }
}

void ClientShard::Stop() {
  stopping = true;
  sweep.cancel();
  idle.clear();
  for (Exchange* exchange : exchanges) exchange->Break();
}

Exchange::Exchange(std::shared_ptr<ClientShard> shard, ClientRequest request, Client::Done done)
    : shard_(std::move(shard)),
      request_(std::move(request)),
      place_(PlaceOf(request_)),
      done_(std::move(done)),
      timer_(shard_->io),
      resolved_(shard_->io) {
  shard_->exchanges.insert(this);
  ++shard_->open;
}

Exchange::~Exchange() {
  shard_->exchanges.erase(this);
  --shard_->open;
}

void Exchange::Break() {
  if (link_) link_->Close();
  resolved_.cancel();
}

asio::awaitable<void> Exchange::Run() {
  Answer answer = co_await Perform();
  ++armed_;
  timer_.cancel();
  link_.reset();
  done_(std::move(answer));
}

asio::awaitable<Exchange::Answer> Exchange::Perform() {
  if (shard_->stopping) co_return WhyBroken("");
  link_ = shard_->TakeIdle(place_);
  if (link_) {
    Answer answer = co_await RoundTrip();
    if (answer.ok() || !MayRepeat()) co_return answer;
  }
  const absl::Status connected = co_await Connect();
  if (!connected.ok()) co_return connected;
  Answer answer = co_await RoundTrip();
  co_return answer;
}

// A kept connection may end just when it is used again; then nothing of an answer has come.
bool Exchange::MayRepeat() const {
  return !answer_began_ && !expired_ && !shard_->stopping && request_.method != "POST";
}

// From now on nothing takes longer than this, nor past the deadline.
void Exchange::Arm(absl::Duration longest) {
  const absl::Duration left =
      std::min({longest, request_.deadline - absl::Now(), kLongestExchange});
  timer_.expires_after(absl::ToChronoNanoseconds(std::max(left, absl::ZeroDuration())));
  auto on_time = [self = shared_from_this(), armed = ++armed_](boost::system::error_code error) {
    if (error || armed != self->armed_) return;
    self->expired_ = true;
    self->Break();
  };
  timer_.async_wait(std::move(on_time));
}

absl::Status Exchange::WhyBroken(std::string_view what) const {
  if (shard_->stopping) return absl::UnavailableError("this server stops");
  if (expired_) return absl::DeadlineExceededError("the server did not answer in time");
  return absl::UnavailableError(StrCat("the connection failed: ", what));
}

asio::awaitable<absl::StatusOr<std::vector<std::string>>> Exchange::Resolve() {
  if (IsIpLiteral(request_.host)) co_return std::vector<std::string>{request_.host};
  Arm(shard_->options.connect_timeout);
  resolved_.expires_at(std::chrono::steady_clock::time_point::max());
  auto on_resolved =
      [self = shared_from_this()](absl::StatusOr<std::vector<std::string>> addresses) mutable {
        asio::io_context& io = self->shard_->io;
        auto take = [self = std::move(self), addresses = std::move(addresses)]() mutable {
          self->addresses_ = std::move(addresses);
          self->resolved_.cancel();
        };
        asio::post(io, std::move(take));
      };
  shard_->dns.Addresses(request_.host, std::move(on_resolved));
  const auto [ignored] = co_await resolved_.async_wait(kAsTuple);
  if (!addresses_) co_return WhyBroken("its name was not resolved");
  co_return *std::move(addresses_);
}

asio::awaitable<absl::Status> Exchange::Connect() {
  const absl::StatusOr<std::vector<std::string>> addresses = co_await Resolve();
  if (!addresses.ok()) co_return addresses.status();
  absl::Status outcome = absl::PermissionDeniedError("its addresses are not allowed");
  for (const std::string& address : *addresses) {
    if (!shard_->options.addresses.Allows(address)) continue;
    outcome = co_await ConnectTo(address);
    if (outcome.ok() || shard_->stopping || absl::Now() >= request_.deadline) break;
  }
  co_return outcome;
}

asio::awaitable<absl::Status> Exchange::ConnectTo(std::string address) {
  expired_ = false;
  link_ = std::make_shared<Link>(shard_->io);
  Arm(shard_->options.connect_timeout);
  boost::system::error_code invalid;
  const tcp::endpoint endpoint(asio::ip::make_address(address, invalid), request_.port);
  if (invalid) co_return WhyBroken("no address");
  const auto [error] = co_await link_->socket.async_connect(endpoint, kAsTuple);
  if (error) co_return WhyBroken(error.message());
  boost::system::error_code ignored;
  link_->socket.set_option(tcp::no_delay(true), ignored);
  if (!request_.tls) co_return absl::OkStatus();
  const absl::Status shaken = co_await Shake();
  co_return shaken;
}

asio::awaitable<absl::Status> Exchange::Shake() {
  const std::string& name = request_.tls_name.empty() ? request_.host : request_.tls_name;
  link_->tls.emplace(link_->socket, shard_->tls);
  if (!IsIpLiteral(name)) SSL_set_tlsext_host_name(link_->tls->native_handle(), name.c_str());
  link_->tls->set_verify_mode(asio::ssl::verify_peer);
  link_->tls->set_verify_callback(asio::ssl::host_name_verification(name));
  const auto [error] =
      co_await link_->tls->async_handshake(asio::ssl::stream_base::client, kAsTuple);
  if (error) co_return WhyBroken(StrCat("TLS: ", error.message()));
  co_return absl::OkStatus();
}

std::string Exchange::HeadText() const {
  const std::string& host = request_.host_header.empty() ? request_.host : request_.host_header;
  std::string head =
      StrCat(request_.method, " ", request_.target, " HTTP/1.1\r\nHost: ", host, "\r\n");
  for (const auto& [name, value] : request_.headers) StrAppend(&head, name, ": ", value, "\r\n");
  if (request_.method != "GET" || !request_.body.empty()) {
    StrAppend(&head, "Content-Length: ", request_.body.size(), "\r\n");
  }
  return head + "\r\n";
}

// A failure is not looked at: the peer may have answered before it read everything, and if not,
// reading fails too.
asio::awaitable<void> Exchange::WriteRequest() {
  const std::string head = HeadText();
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(request_.body)};
  if (link_->tls) {
    co_await asio::async_write(*link_->tls, parts, kAsTuple);
  } else {
    co_await asio::async_write(link_->socket, parts, kAsTuple);
  }
}

// False when nothing more comes.
asio::awaitable<bool> Exchange::Fill(size_t size) {
  std::string& input = link_->input;
  const size_t old_size = input.size();
  input.resize(old_size + size);
  const asio::mutable_buffer space = asio::buffer(input.data() + old_size, size);
  boost::system::error_code error;
  size_t count = 0;
  if (link_->tls) {
    const auto read = co_await link_->tls->async_read_some(space, kAsTuple);
    std::tie(error, count) = read;
  } else {
    const auto read = co_await link_->socket.async_read_some(space, kAsTuple);
    std::tie(error, count) = read;
  }
  input.resize(old_size + count);
  if (count > 0) answer_began_ = true;
  ended_cleanly_ = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  co_return !error && count > 0;
}

asio::awaitable<absl::StatusOr<ResponseHead>> Exchange::ReadHead() {
  const HeadLimits limits{.max_bytes = shard_->options.max_head_bytes};
  std::string& input = link_->input;
  while (true) {
    const absl::StatusOr<std::optional<size_t>> end = FindHeadEnd(input, limits);
    if (!end.ok()) co_return absl::InvalidArgumentError("the answer is not HTTP");
    if (*end) {
      absl::StatusOr<ResponseHead> head =
          ParseResponseHead(std::string_view(input).substr(0, **end), limits);
      input.erase(0, **end);
      if (!head.ok()) co_return absl::InvalidArgumentError("the answer is not HTTP");
      co_return head;
    }
    const bool more = co_await Fill(kReadSize);
    if (!more) co_return WhyBroken("it ended before an answer");
  }
}

// The head behind those of 1xx.
asio::awaitable<absl::StatusOr<ResponseHead>> Exchange::ReadFinalHead() {
  for (int i = 0; i < kMaxInterim; ++i) {
    absl::StatusOr<ResponseHead> head = co_await ReadHead();
    if (!head.ok() || head->status >= 200) co_return head;
  }
  co_return absl::InvalidArgumentError("the answer never comes to its end");
}

asio::awaitable<absl::Status> Exchange::ReadToEnd(std::string& body) {
  std::string& input = link_->input;
  while (true) {
    body += input;
    input.clear();
    if (body.size() > request_.max_body) co_return TooLargeAnswer();
    const bool more = co_await Fill(kReadSize);
    if (!more && ended_cleanly_) co_return absl::OkStatus();
    if (!more) co_return WhyBroken("it ended within an answer");
  }
}

asio::awaitable<absl::Status> Exchange::ReadBody(const ResponseHead& head, std::string& body) {
  if (!HasBody(head.status)) co_return absl::OkStatus();
  if (!head.chunked && !head.content_length) {
    const absl::Status read = co_await ReadToEnd(body);
    co_return read;
  }
  if (head.content_length.value_or(0) > request_.max_body) co_return TooLargeAnswer();
  BodyDecoder decoder = head.chunked ? BodyDecoder::Chunked(request_.max_body)
                                     : BodyDecoder::OfLength(*head.content_length);
  std::string& input = link_->input;
  while (!decoder.done()) {
    const absl::StatusOr<size_t> taken = decoder.Take(input, body);
    if (!taken.ok()) co_return TooLargeAnswer();
    input.erase(0, *taken);
    if (decoder.done()) break;
    const bool more = co_await Fill(kReadSize);
    if (!more) co_return WhyBroken("it ended within an answer");
  }
  co_return absl::OkStatus();
}

asio::awaitable<Exchange::Answer> Exchange::RoundTrip() {
  expired_ = false;
  Arm(absl::InfiniteDuration());
  co_await WriteRequest();
  absl::StatusOr<ResponseHead> head = co_await ReadFinalHead();
  if (!head.ok()) co_return head.status();
  ClientResponse response;
  const absl::Status read = co_await ReadBody(*head, response.body);
  if (!read.ok()) co_return read;
  const bool is_delimited = head->chunked || head->content_length || !HasBody(head->status);
  if (head->keep_alive && is_delimited && link_->input.empty()) shard_->KeepIdle(place_, link_);
  response.status = head->status;
  response.headers = std::move(head->headers);
  co_return response;
}

}  // namespace parley::http
