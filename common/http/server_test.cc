#include "common/http/server.h"

#include <deque>
#include <optional>
#include <thread>

#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/http/testing_client.h"

namespace parley::http {
namespace {

using ::testing::Test;

// Answers with method, path and body, at once; keeps what goes to /park.
class EchoHandler final : public Handler {
 public:
  size_t BodyLimit(const Request& head) override { return head.path == "/" ? 1000 : 1 << 20; }

  void Handle(Request request, Responder responder) override {
    if (request.path == "/park") return Park(std::move(responder));
    if (request.path == "/drop") return;
    Response response;
    response.body = StrCat("<", request.method, " ", request.path, " ", request.body, ">");
    responder.Send(std::move(response));
  }

  Responder TakeParked() {
    absl::MutexLock lock(&mutex_, absl::Condition(+[](std::deque<Responder>* p) { return !p->empty(); }, &parked_));
    Responder responder = std::move(parked_.front());
    parked_.pop_front();
    return responder;
  }

  absl::Notification gone;

 private:
  void Park(Responder responder) {
    responder.OnPeerGone([this] { gone.Notify(); });
    absl::MutexLock lock(&mutex_);
    parked_.push_back(std::move(responder));
  }

  absl::Mutex mutex_;
  std::deque<Responder> parked_;
};

class HttpServer : public Test {
 protected:
  void SetUp() override { StartWith({}); }

  void StartWith(ServerOptions options) {
    options.threads = 2;
    server_ = *Server::Start(options, handler_);
  }

  std::string Exchange(std::string_view text) {
    TestingClient client(server_->port());
    client.Send(text);
    return client.ReadAll();
  }

  EchoHandler handler_;
  std::unique_ptr<Server> server_;
};

TEST_F(HttpServer, AnswersAndKeepsTheConnection) {
  TestingClient client(server_->port());
  client.Send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.ReadUntil("<GET /a >").find("HTTP/1.1 200 OK\r\n"), std::string::npos);
  client.Send("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
  client.ReadUntil("<POST /b hi>");
  EXPECT_EQ(client.Occurrences("HTTP/1.1 200 OK\r\n"), 2);
  EXPECT_EQ(client.Occurrences("Connection: close"), 0);
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
  std::string text, expected;
  for (int i = 0; i < 99; ++i) StrAppend(&text, "GET /", i, " HTTP/1.1\r\nHost: a\r\n\r\n");
  text += "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const std::string answers = Exchange(text);
  size_t at = 0;
  for (int i = 0; i < 99; ++i) {
    at = answers.find(StrCat("<GET /", i, " >"), at);
    ASSERT_NE(at, answers.npos) << i;
  }
  EXPECT_NE(answers.find("<GET /last >", at), answers.npos);
}

TEST_F(HttpServer, ReadsChunkedBodies) {
  EXPECT_NE(Exchange("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                     "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n").find("<POST / abc>"), std::string::npos);
}

TEST_F(HttpServer, EndsTheConnectionAfterAMalformedRequest) {
  const std::string answers = Exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\nGARBAGE\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(answers.find("HTTP/1.1 400 Bad Request\r\n"), answers.npos);
  EXPECT_EQ(answers.find("HTTP/1.1 200", 20), answers.npos);
  EXPECT_NE(answers.find("Connection: close"), answers.npos);
  EXPECT_NE(answers.find("{\"errcode\":\"M_UNKNOWN\",\"error\":"), answers.npos);
}

TEST_F(HttpServer, RefusesATooLargeBodyBeforeItComes) {
  EXPECT_NE(Exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n").find("HTTP/1.1 413 "), std::string::npos);
  EXPECT_NE(Exchange("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n").find("M_TOO_LARGE"), std::string::npos);
}

TEST_F(HttpServer, RefusesALargeBodyWhileOthersHoldTooMuch) {
  const std::string body(200'000, 'x');
  const auto post = [&](std::string_view path) {
    return StrCat("POST ", path, " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ", body.size(),
                  "\r\n\r\n", body);
  };
  ServerOptions options;
  options.max_body_bytes = 300'000;
  server_ = *Server::Start(options, handler_);
  TestingClient first(server_->port());
  first.Send(post("/park"));
  Responder parked = handler_.TakeParked();
  EXPECT_NE(Exchange(post("/more")).find("HTTP/1.1 429 "), std::string::npos);
  const std::string small = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";
  EXPECT_NE(Exchange(small).find("<POST / hi>"), std::string::npos);
  parked.Send(Response());
  first.ReadAll();
  EXPECT_NE(Exchange(post("/more")).find("HTTP/1.1 200 "), std::string::npos);
}

TEST_F(HttpServer, AsksForTheBodyOfAClientThatWaits) {
  TestingClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hi");
  client.ReadUntil("<POST / hi>");
}

TEST_F(HttpServer, ForgetsConnectionsThatEnded) {
  Exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  server_->Stop(absl::InfiniteDuration());
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HttpServer, GivesHeadTheHeadersAlone) {
  const std::string answer = Exchange("HEAD /abc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 12\r\n"), answer.npos);
  EXPECT_EQ(answer.find("<HEAD"), answer.npos);
}

TEST_F(HttpServer, AnswersPreflightsItselfAndPutsCorsOnEveryAnswer) {
  const std::string preflight = Exchange("OPTIONS /drop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(preflight.find("HTTP/1.1 204 No Content\r\n"), preflight.npos);
  EXPECT_NE(preflight.find("Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"), preflight.npos);
  EXPECT_NE(Exchange("GET / HTTP/9\r\n\r\n").find("Access-Control-Allow-Origin: *\r\n"), std::string::npos);
}

TEST_F(HttpServer, AnswersAParkedRequestFromAnotherThread) {
  TestingClient client(server_->port());
  client.Send("GET /park HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  Responder parked = handler_.TakeParked();
  Response response;
  response.body = "<parked>";
  std::thread([&] { parked.Send(std::move(response)); }).join();
  const std::string& answers = client.ReadUntil("<GET /next >");
  EXPECT_LT(answers.find("<parked>"), answers.find("<GET /next >"));
}

TEST_F(HttpServer, TellsAParkedRequestThatItsClientHasGone) {
  TestingClient client(server_->port());
  client.Send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  Responder parked = handler_.TakeParked();
  client.Close();
  handler_.gone.WaitForNotification();
}

TEST_F(HttpServer, AnswersForAHandlerThatDropsItsRequest) {
  EXPECT_NE(Exchange("GET /drop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").find("HTTP/1.1 500 "), std::string::npos);
}

TEST_F(HttpServer, AResponderMayOutliveTheServer) {
  TestingClient client(server_->port());
  client.Send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  Responder parked = handler_.TakeParked();
  server_.reset();
  parked.Send({});
}

TEST_F(HttpServer, ClosesConnectionsThatDoNotFinishTheirHead) {
  ServerOptions options;
  options.head_timeout = absl::ZeroDuration();
  StartWith(options);
  TestingClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHos");
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(HttpServer, ClosesConnectionsBeyondTheLimit) {
  ServerOptions options;
  options.max_connections = 1;
  StartWith(options);
  TestingClient first(server_->port());
  first.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  first.ReadUntil(">");
  EXPECT_EQ(Exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
}

TEST_F(HttpServer, FinishesWhatItAnswersBeforeItStops) {
  TestingClient client(server_->port());
  client.Send("GET /park HTTP/1.1\r\nHost: a\r\n\r\n");
  Responder parked = handler_.TakeParked();
  std::thread stopper([&] { server_->Stop(absl::Seconds(20)); });
  Response response;
  response.body = "<late>";
  parked.Send(std::move(response));
  EXPECT_NE(client.ReadAll().find("<late>"), std::string::npos);
  stopper.join();
}

TEST_F(HttpServer, TrustsAProxyOnlyWhenToldTo) {
  class PeerHandler final : public Handler {
    size_t BodyLimit(const Request&) override { return 0; }
    void Handle(Request request, Responder responder) override {
      Response response;
      response.body = request.peer;
      responder.Send(std::move(response));
    }
  } handler;
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 8.8.8.8, 192.0.2.7\r\nConnection: close\r\n\r\n";
  for (const bool behind_proxy : {false, true}) {
    ServerOptions options;
    options.behind_proxy = behind_proxy;
    const auto server = *Server::Start(options, handler);
    TestingClient client(server->port());
    client.Send(text);
    EXPECT_NE(client.ReadAll().find(behind_proxy ? "\r\n\r\n192.0.2.7" : "\r\n\r\n127.0.0.1"), std::string::npos);
  }
}

TEST_F(HttpServer, SaysWhyItCannotListen) {
  ServerOptions options;
  options.address = "not-an-address";
  EXPECT_TRUE(absl::IsUnavailable(Server::Start(options, handler_).status()));
}

}  // namespace
}  // namespace parley::http
