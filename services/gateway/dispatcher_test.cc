#include "services/gateway/dispatcher.h"

#include <absl/synchronization/notification.h>
#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"
#include "common/http/uri.h"
#include "common/status/matrix_error.h"
#include "common/testing/manual_clock.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {
namespace {

// The token is the localpart.
class Accounts final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::AuthenticateResponse> Authenticate(const rpc::Call&,
                                                              const accounts::AuthenticateRequest& request) override {
    if (request.access_token() == "bad") return UnknownToken("no such token", /*soft_logout=*/true);
    accounts::AuthenticateResponse response;
    response.set_user_id("@" + request.access_token() + ":a");
    response.set_is_guest(request.access_token() == "guest");
    return response;
  }
};

class WaitingSink final : public http::ResponseSink {
 public:
  void Send(http::Response response) override {
    answer = std::move(response);
    sent.Notify();
  }
  void OnPeerGone(absl::AnyInvocable<void()>) override {}

  http::Response answer;
  absl::Notification sent;
};

class DispatcherTest : public ::testing::Test {
 protected:
  DispatcherTest() {
    const auto who = [](RequestContext& context) -> absl::StatusOr<HttpAnswer> {
      return JsonAnswer(json::Object{{"user", context.requester().user.str()}, {"id", context.call().request_id}});
    };
    router_.Add({.method = "GET", .path = "/who", .handler = who});
    router_.Add({.method = "GET", .path = "/maybe", .auth = Auth::kOptional, .handler = who});
    router_.Add({.method = "GET", .path = "/anybody", .auth = Auth::kNone, .handler = who});
    router_.Add({.method = "POST", .path = "/slow", .limit = Limit::kWrite, .handler = who});
    router_.Add({.method = "POST", .path = "/large", .max_body = 5 << 20, .handler = who});
    router_.Add({.method = "GET", .path = "/fails", .auth = Auth::kNone, .handler = [](RequestContext&) {
                   return absl::StatusOr<HttpAnswer>(absl::InternalError("SELECT * FROM secrets"));
                 }});
    router_.Add({.method = "GET",
                 .path = "/parks",
                 .parking_handler = [](std::unique_ptr<RequestContext> context, http::Responder responder) {
                   responder.Send(JsonAnswer(std::string("\"parked\"")));
                 }});
    config_.write_rate = {1, 1};
    dispatcher_ = std::make_unique<Dispatcher>(
        Dispatcher::Deps{config_, router_, authenticator_, last_seen_, pool_, registry_, clock_});
  }

  static http::Request Make(const std::string& method, const std::string& path, const std::string& token,
                            const std::string& query = "") {
    http::Request request;
    request.method = method;
    request.path = path;
    request.segments = *http::SplitPath(path);
    request.query = *http::ParseQuery(query, 10);
    request.id = "r1";
    if (!token.empty()) request.headers.Add("Authorization", "Bearer " + token);
    return request;
  }

  http::Response Send(http::Request request) {
    auto sink = std::make_shared<WaitingSink>();
    dispatcher_->Handle(std::move(request), http::Responder(sink));
    sink->sent.WaitForNotification();
    return sink->answer;
  }

  // "<status> <body>"
  std::string Ask(const std::string& method, const std::string& path, const std::string& token = "",
                  const std::string& query = "") {
    const http::Response response = Send(Make(method, path, token, query));
    return std::to_string(response.status) + " " + response.body;
  }

  Config config_;
  Accounts accounts_;
  bus::MemoryBus bus_;
  ::parley::testing::ManualClock clock_;
  bus::HeadWatcher heads_{bus_, clock_, {.services = {}, .poll = [](const std::string&) {
                                           return std::vector<bus::Head>();
                                         }}};
  Authenticator authenticator_{16, {accounts_, bus_, heads_, clock_}};
  LastSeen last_seen_{accounts_};
  metrics::Registry registry_;
  Router router_;
  WorkPool pool_{{.name = "test", .threads = 2}};
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(DispatcherTest, TellsTheHandlerWhoAsksAndByWhichRequest) {
  EXPECT_EQ(Ask("GET", "/who", "alice"), R"(200 {"id":"r1","user":"@alice:a"})");
  EXPECT_EQ(Ask("GET", "/who", "", "access_token=alice"), R"(200 {"id":"r1","user":"@alice:a"})");
}

TEST_F(DispatcherTest, AsksForATokenWhereOneIsNeeded) {
  EXPECT_EQ(Ask("GET", "/who"), R"(401 {"errcode":"M_MISSING_TOKEN","error":"Missing access token"})");
  EXPECT_EQ(Ask("GET", "/who", "bad"), R"(401 {"errcode":"M_UNKNOWN_TOKEN","error":"no such token","soft_logout":true})");
  EXPECT_EQ(Ask("GET", "/who", "guest").substr(0, 4), "403 ");
}

TEST_F(DispatcherTest, TakesAnOptionalTokenOnlyIfItIsGood) {
  EXPECT_EQ(Ask("GET", "/maybe"), R"(200 {"id":"r1","user":""})");
  EXPECT_EQ(Ask("GET", "/maybe", "alice"), R"(200 {"id":"r1","user":"@alice:a"})");
  EXPECT_EQ(Ask("GET", "/maybe", "bad").substr(0, 4), "401 ");
  EXPECT_EQ(Ask("GET", "/anybody", "bad"), R"(200 {"id":"r1","user":""})");
}

TEST_F(DispatcherTest, TellsAnUnknownPathFromAWrongMethod) {
  EXPECT_EQ(Ask("GET", "/nope"), R"(404 {"errcode":"M_UNRECOGNIZED","error":"There is nothing here"})");
  EXPECT_EQ(Ask("PATCH", "/who"), R"(405 {"errcode":"M_UNRECOGNIZED","error":"This method is not allowed here"})");
}

TEST_F(DispatcherTest, ShowsNothingOfAnInternalFailure) {
  EXPECT_EQ(Ask("GET", "/fails"), R"(500 {"errcode":"M_UNKNOWN","error":"Internal server error"})");
}

TEST_F(DispatcherTest, LimitsUsersAndSaysWhenToTryAgain) {
  EXPECT_EQ(Ask("POST", "/slow", "alice").substr(0, 4), "200 ");
  const http::Response response = Send(Make("POST", "/slow", "alice"));
  EXPECT_EQ(response.status, 429);
  EXPECT_NE(response.body.find(R"("retry_after_ms":1000)"), std::string::npos);
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.headers[0], std::pair(std::string("Retry-After"), std::string("1")));
  EXPECT_EQ(Ask("POST", "/slow", "bob").substr(0, 4), "200 ");
}

TEST_F(DispatcherTest, HandsTheAnswerOverToAParkingHandler) { EXPECT_EQ(Ask("GET", "/parks", "alice"), "200 \"parked\""); }

TEST_F(DispatcherTest, RefusesCompressedBodies) {
  http::Request request = Make("POST", "/slow", "alice");
  request.headers.Add("Content-Encoding", "gzip");
  EXPECT_EQ(Send(std::move(request)).status, 415);
}

TEST_F(DispatcherTest, KnowsTheBodyLimitOfARoute) {
  EXPECT_EQ(dispatcher_->BodyLimit(Make("POST", "/large", "")), 5u << 20);
  EXPECT_EQ(dispatcher_->BodyLimit(Make("PATCH", "/large", "")), 64u << 10);
}

TEST_F(DispatcherTest, CountsWhatItAnswers) {
  Ask("GET", "/who", "alice");
  Ask("GET", "/who");
  EXPECT_NE(registry_.Text().find(R"(parley_http_requests_total{method="GET",route="/who",status="2xx"} 1)"),
            std::string::npos);
  EXPECT_NE(registry_.Text().find(R"(parley_http_requests_total{method="GET",route="/who",status="4xx"} 1)"),
            std::string::npos);
}

}  // namespace
}  // namespace parley::gateway
