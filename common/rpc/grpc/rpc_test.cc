#include <string>

#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/rpc/grpc/channel.h"
#include "common/rpc/grpc/server.h"
#include "common/rpc/observer.h"
#include "common/status/matrix_error.h"
#include "parley/echo/v1/echo.parley.h"

namespace parley::echo {
namespace {

class EchoImpl final : public EchoService {
 public:
  absl::StatusOr<SayResponse> Say(const rpc::Call& call, const SayRequest& request) override {
    if (request.volume() == VOLUME_LOUD) loud.WaitForNotification();
    SayResponse response;
    response.set_text(request.text());
    response.set_request_id(call.request_id);
    response.set_deadline_ms(absl::ToUnixMillis(call.deadline));
    response.set_ballast(request.ballast());
    return response;
  }

  absl::StatusOr<SayResponse> Fail(const rpc::Call&, const SayRequest& request) override {
    if (request.text() == "matrix") return LimitExceeded(1500);
    return absl::FailedPreconditionError(request.text());
  }

  absl::Notification loud;
};

SayRequest Saying(const std::string& text) {
  SayRequest request;
  request.set_text(text);
  return request;
}

// A service, its server on a free port of loopback, and a client of it.
class Rpc : public testing::Test {
 protected:
  Rpc() {
    Serve(echo_, dispatcher_);
    server_ = *rpc::Server::Start({.addresses = {"127.0.0.1:0"}, .max_message_bytes = 4 << 20}, dispatcher_, pool_,
                                  served_);
    channel_ = rpc::MakeChannel("127.0.0.1:" + std::to_string(server_->port()), called_);
    client_ = std::make_unique<EchoClient>(*channel_);
  }

  EchoImpl echo_;
  rpc::Dispatcher dispatcher_;
  rpc::CountCalls served_, called_;
  WorkPool pool_{{.threads = 1, .max_queued = 1}};
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Channel> channel_;
  std::unique_ptr<EchoClient> client_;
};

TEST_F(Rpc, CarriesTheMessageAndTheRequestId) {
  rpc::Call call;
  call.request_id = "r-17";
  const auto response = client_->Say(call, Saying("hello"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->text(), "hello");
  EXPECT_EQ(response->request_id(), "r-17");
}

TEST_F(Rpc, CarriesTheDeadline) {
  rpc::Call call;
  call.deadline = absl::Now() + absl::Seconds(7);
  const auto response = client_->Say(call, Saying("hello"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_NEAR(response->deadline_ms(), absl::ToUnixMillis(call.deadline), 500);
}

TEST_F(Rpc, GivesACallWithoutADeadlineOne) {
  const auto response = client_->Say({}, Saying("hello"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_LT(response->deadline_ms(), absl::ToUnixMillis(absl::Now() + absl::Seconds(31)));
}

TEST_F(Rpc, KeepsAMatrixErrorWhole) {
  const MatrixError error = FromStatus(client_->Fail({}, Saying("matrix")).status());
  EXPECT_EQ(error.http_status, 429);
  EXPECT_EQ(error.errcode, "M_LIMIT_EXCEEDED");
  EXPECT_EQ(error.extra_json, "\"retry_after_ms\":1500");
}

TEST_F(Rpc, LeavesAPlainErrorPlain) {
  const absl::Status status = client_->Fail({}, Saying("no")).status();
  EXPECT_EQ(status, absl::FailedPreconditionError("no"));
}

TEST_F(Rpc, EndsACallAtItsDeadline) {
  rpc::Call call;
  call.deadline = absl::Now() + absl::Milliseconds(50);
  SayRequest slow = Saying("slow");
  slow.set_volume(VOLUME_LOUD);
  EXPECT_TRUE(absl::IsDeadlineExceeded(client_->Say(call, slow).status()));
  echo_.loud.Notify();
}

TEST_F(Rpc, RefusesAtOnceWhenTheWorkQueueIsFull) {
  absl::Notification running;
  ASSERT_TRUE(pool_.TryPost([&] {
    running.Notify();
    echo_.loud.WaitForNotification();
  }));
  running.WaitForNotification();
  ASSERT_TRUE(pool_.TryPost([] {}));
  EXPECT_TRUE(absl::IsResourceExhausted(client_->Say({}, Saying("one too many")).status()));
  echo_.loud.Notify();
}

TEST_F(Rpc, RefusesARequestAboveTheSizeLimit) {
  SayRequest large;
  large.set_ballast(std::string(5 << 20, 'x'));
  EXPECT_TRUE(absl::IsResourceExhausted(client_->Say({}, large).status()));
  SayRequest fits;
  fits.set_ballast(std::string(3 << 20, 'x'));
  const auto response = client_->Say({}, fits);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->ballast().size(), fits.ballast().size());
}

TEST_F(Rpc, TellsObserversOfBothSides) {
  ASSERT_TRUE(client_->Say({}, Saying("hello")).ok());
  ASSERT_FALSE(client_->Fail({}, Saying("no")).ok());
  EXPECT_EQ(called_.ToString(), "echo.Fail 1, echo.Say 1");
  EXPECT_EQ(served_.of("echo.Say"), 1);
}

TEST_F(Rpc, AnswersAnUnknownMethodAsUnimplemented) {
  SayResponse response;
  const absl::Status status =
      channel_->Unary({"/parley.echo.v1.Echo/Whisper", "echo.Whisper"}, {}, Saying("psst"), response);
  EXPECT_TRUE(absl::IsUnimplemented(status));
}

TEST_F(Rpc, CountsCallsOfAnObjectInTheSameProcess) {
  rpc::CountCalls hops;
  EchoLink observed(echo_, hops);
  ASSERT_TRUE(observed.Say({}, Saying("hello")).ok());
  ASSERT_FALSE(observed.Fail({}, Saying("no")).ok());
  EXPECT_EQ(hops.total(), 2);
  EXPECT_EQ(hops.of("echo.Say"), 1);
}

TEST(RpcLink, IsUnavailableUntilItIsConnected) {
  EchoImpl echo;
  EchoLink link(rpc::NoObserver());
  EXPECT_TRUE(absl::IsUnavailable(link.Say({}, Saying("early")).status()));
  link.Connect(echo);
  EXPECT_TRUE(link.Say({}, Saying("late")).ok());
}

TEST(RpcFake, AnswersUnimplemented) {
  EchoFake fake;
  EXPECT_TRUE(absl::IsUnimplemented(fake.Say({}, Saying("hello")).status()));
}

TEST_F(Rpc, WaitsForAServerThatStartsLater) {
  const std::string address = "unix:" + testing::TempDir() + "/later.sock";
  const auto channel = rpc::MakeChannel(address, rpc::NoObserver());
  EchoClient client(*channel);
  absl::StatusOr<SayResponse> response = absl::UnknownError("");
  std::thread caller([&] { response = client.Say({}, Saying("early")); });
  const auto server = rpc::Server::Start({.addresses = {address}}, dispatcher_, pool_, served_);
  ASSERT_TRUE(server.ok()) << server.status();
  caller.join();
  EXPECT_TRUE(response.ok()) << response.status();
}

TEST(RpcServer, NamesAnAddressItCannotListenOn) {
  rpc::Dispatcher nothing;
  WorkPool pool({.threads = 1});
  const auto server = rpc::Server::Start({.addresses = {"192.0.2.1:1"}}, nothing, pool, rpc::NoObserver());
  EXPECT_TRUE(absl::IsInvalidArgument(server.status()));
  EXPECT_NE(server.status().message().find("192.0.2.1:1"), absl::string_view::npos);
}

}  // namespace
}  // namespace parley::echo
