#include "common/http/client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/http/server.h"

namespace parley::http {
namespace {

// Answers as the test says; counts requests.
class ScriptedHandler final : public Handler {
 public:
  using Script = std::function<void(Request, Responder)>;

  size_t BodyLimit(const Request&) override { return 1 << 20; }
  void Handle(Request request, Responder responder) override {
    ++requests;
    script(std::move(request), std::move(responder));
  }

  std::atomic<int> requests = 0;
  Script script = [](Request request, Responder responder) {
    Response response;
    response.body = StrCat(request.method, " ", request.path, "?", request.raw_query, " ",
                           request.headers.Get("Host"), " ", request.body);
    responder.Send(std::move(response));
  };
};

// A server that says exactly `answer` to whoever connects, once, and then closes.
class RawServer {
 public:
  explicit RawServer(std::string answer) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(fd_, 4);
    socklen_t size = sizeof(address);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] { Serve(answer); });
  }
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  uint16_t port = 0;

 private:
  void Serve(const std::string& answer) {
    for (int client; (client = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(client)) {
      char buffer[4096];
      [[maybe_unused]] const ssize_t ignored = ::recv(client, buffer, sizeof(buffer), 0);
      ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  const int fd_;
  std::thread thread_;
};

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    options_.addresses = *AddressRules::Make({"127.0.0.0/8"}, {});
    server_ = *Server::Start({}, handler_);
    client_ = *Client::Make(options_);
  }

  ClientRequest To(uint16_t port) {
    ClientRequest request;
    request.host = "127.0.0.1";
    request.port = port;
    request.tls = false;
    request.deadline = absl::Now() + absl::Seconds(20);
    return request;
  }
  absl::StatusOr<ClientResponse> Ask(ClientRequest request) {
    return client_->SendAndWait(std::move(request));
  }
  absl::Status FailureOf(const std::string& answer) {
    RawServer raw(answer);
    return Ask(To(raw.port)).status();
  }

  ScriptedHandler handler_;
  ClientOptions options_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(HttpClientTest, CarriesARequestAndItsAnswer) {
  ClientRequest request = To(server_->port());
  request.method = "PUT";
  request.target = "/a%2Fb?c=d";
  request.host_header = "a.test";
  request.body = "{}";
  const auto answer = Ask(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "PUT /a%2Fb?c=d a.test {}");
  EXPECT_EQ(answer->headers.Get("Content-Type"), "application/json");
}

TEST_F(HttpClientTest, ResolvesNames) {
  ClientRequest request = To(server_->port());
  request.host = "localhost";
  EXPECT_TRUE(Ask(request).ok());
}

TEST_F(HttpClientTest, KeepsAConnectionForTheNextRequest) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Ask(To(server_->port())).ok());
  EXPECT_EQ(handler_.requests, 5);
  EXPECT_EQ(server_->connections(), 1u);
}

TEST_F(HttpClientTest, AConnectionThatEndedMeanwhileIsReplaced) {
  ASSERT_TRUE(Ask(To(server_->port())).ok());
  const uint16_t port = server_->port();
  server_.reset();
  ServerOptions options;
  options.port = port;
  server_ = *Server::Start(options, handler_);
  EXPECT_TRUE(Ask(To(port)).ok());
}

TEST_F(HttpClientTest, ADeniedAddressIsNotConnectedTo) {
  options_.addresses = *AddressRules::Make({}, {});
  client_ = *Client::Make(options_);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    ClientRequest request = To(server_->port());
    request.host = host;
    EXPECT_TRUE(absl::IsPermissionDenied(Ask(request).status())) << host;
  }
  EXPECT_EQ(handler_.requests, 0);
}

TEST_F(HttpClientTest, AnAnswerThatIsTooLargeIsBrokenOff) {
  handler_.script = [](Request, Responder responder) {
    Response response;
    response.body = std::string(100'000, 'x');
    responder.Send(std::move(response));
  };
  ClientRequest request = To(server_->port());
  request.max_body = 99'999;
  EXPECT_TRUE(absl::IsResourceExhausted(Ask(request).status()));
  request.max_body = 100'000;
  EXPECT_TRUE(Ask(request).ok());
  const std::string endless(10 << 20, 'x');
  EXPECT_TRUE(absl::IsResourceExhausted(FailureOf("HTTP/1.1 200 OK\r\n\r\n" + endless)));
}

TEST_F(HttpClientTest, AnAnswerThatDoesNotComeIsNotWaitedForBeyondTheDeadline) {
  std::vector<Responder> parked;
  absl::Mutex mutex;
  handler_.script = [&](Request, Responder responder) {
    absl::MutexLock lock(&mutex);
    parked.push_back(std::move(responder));
  };
  ClientRequest request = To(server_->port());
  request.deadline = absl::Now() + absl::Milliseconds(100);
  EXPECT_TRUE(absl::IsDeadlineExceeded(Ask(request).status()));
  absl::MutexLock lock(&mutex);
  parked.clear();
}

TEST_F(HttpClientTest, ReadsBodiesOfEveryFraming) {
  for (const char* answer : {
           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
           "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}",
           "HTTP/1.0 200 OK\r\n\r\n{}",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
           "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
       }) {
    RawServer raw(answer);
    const auto got = Ask(To(raw.port));
    ASSERT_TRUE(got.ok()) << answer << got.status();
    EXPECT_EQ(got->body, "{}") << answer;
  }
}

TEST_F(HttpClientTest, WhatIsNoAnswerIsAnError) {
  EXPECT_TRUE(absl::IsInvalidArgument(FailureOf("SSH-2.0-OpenSSH\r\n\r\n\r\n")));
  EXPECT_TRUE(absl::IsInvalidArgument(FailureOf("HTTP/1.1 2x0 OK\r\n\r\n")));
  EXPECT_TRUE(absl::IsInvalidArgument(
      FailureOf("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}")));
  EXPECT_TRUE(absl::IsInvalidArgument(FailureOf("HTTP/1.1 200 OK\r\n" + std::string(20'000, 'a'))));
  EXPECT_TRUE(absl::IsUnavailable(FailureOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}")));
  EXPECT_TRUE(absl::IsUnavailable(FailureOf("")));
}

TEST_F(HttpClientTest, NobodyThereIsUnavailable) {
  uint16_t port = server_->port();
  server_.reset();
  EXPECT_TRUE(absl::IsUnavailable(Ask(To(port)).status()));
}

TEST_F(HttpClientTest, WhatWouldBreakTheHeadIsNotSent) {
  ClientRequest request = To(server_->port());
  request.target = "/x HTTP/1.1\r\nA: b";
  EXPECT_TRUE(absl::IsInvalidArgument(Ask(request).status()));
  request = To(server_->port());
  request.headers = {{"A", "b\r\nC: d"}};
  EXPECT_TRUE(absl::IsInvalidArgument(Ask(request).status()));
  EXPECT_EQ(handler_.requests, 0);
}

TEST_F(HttpClientTest, EndsWhatIsUnderWayWhenItEnds) {
  std::vector<Responder> parked;
  absl::Mutex mutex;
  handler_.script = [&](Request, Responder responder) {
    absl::MutexLock lock(&mutex);
    parked.push_back(std::move(responder));
  };
  std::atomic<bool> ended = false;
  client_->Send(To(server_->port()), [&](absl::StatusOr<ClientResponse> answer) {
    ended = absl::IsUnavailable(answer.status());
  });
  while (handler_.requests == 0) std::this_thread::yield();
  client_.reset();
  EXPECT_TRUE(ended);
  absl::MutexLock lock(&mutex);
  parked.clear();
}

TEST_F(HttpClientTest, ManyRequestsAtATimeEachGetTheirAnswer) {
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) {
        ClientRequest request = To(server_->port());
        request.target = StrCat("/", i, "/", k);
        const auto answer = Ask(request);
        if (answer.ok() && answer->body.starts_with(StrCat("GET /", i, "/", k, "?"))) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 320);
}

}  // namespace
}  // namespace parley::http
