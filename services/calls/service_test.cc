#include "services/calls/service.h"

#include <gtest/gtest.h>

#include "common/testing/manual_clock.h"

namespace parley::calls {
namespace {

class CallsServiceTest : public ::testing::Test {
 protected:
  std::string TurnServer() {
    GetTurnServerRequest request;
    request.mutable_requester()->set_user_id("@alice:a");
    return service_.GetTurnServer({}, request)->json();
  }

  Config config_;
  ::parley::testing::ManualClock clock_{absl::FromUnixSeconds(1000)};
  Service service_{config_, clock_};
};

TEST_F(CallsServiceTest, HasNoTurnServerUnlessConfigured) { EXPECT_EQ(TurnServer(), "{}"); }

TEST_F(CallsServiceTest, GivesCredentialsThatEnd) {
  config_.turn_uris = {"turn:turn.a?transport=udp"};
  config_.turn_secret = "secret";
  config_.turn_lifetime = absl::Seconds(60);
  EXPECT_EQ(TurnServer(), R"({"password":"4bJk4NUuI+c9wcUI3Xo/vLCDYwQ=","ttl":60,)"
                          R"("uris":["turn:turn.a?transport=udp"],"username":"1060:@alice:a"})");
}

TEST_F(CallsServiceTest, SaysWhereMatrixRtcCallsMeet) {
  EXPECT_EQ(service_.GetRtcTransports({}, {})->json(), R"({"rtc_transports":[]})");
  config_.livekit_service_url = "https://lk.a";
  EXPECT_EQ(service_.GetRtcTransports({}, {})->json(),
            R"({"rtc_transports":[{"livekit_service_url":"https://lk.a","type":"livekit"}]})");
}

}  // namespace
}  // namespace parley::calls
