#include "services/gateway/auth.h"

#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "common/base/partition.h"
#include "common/bus/testing/unreliable_bus.h"
#include "common/bus/wake_keys.h"
#include "common/status/matrix_error.h"
#include "common/testing/manual_clock.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::gateway {
namespace {

constexpr uint32_t kPartitions = 16;

// Tokens in memory; counts how often it is asked.
class Tokens final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::AuthenticateResponse> Authenticate(const rpc::Call&,
                                                              const accounts::AuthenticateRequest& request) override {
    ++asked;
    if (meanwhile) meanwhile();
    const auto found = users.find(request.access_token());
    if (found == users.end()) return UnknownToken("no such token");
    accounts::AuthenticateResponse response;
    response.set_user_id(found->second);
    response.set_device_id("A");
    response.set_partition(PartitionOf(found->second, kPartitions));
    response.set_expires_at_ms(expires_at_ms);
    return response;
  }

  std::map<std::string, std::string> users = {{"t1", "@alice:a"}, {"t2", "@bob:a"}};
  int64_t expires_at_ms = 0;
  int asked = 0;
  std::function<void()> meanwhile;
};

class AuthenticatorTest : public ::testing::Test {
 protected:
  // "@alice:a" or the errcode.
  std::string Ask(std::string_view token) {
    const auto requester = authenticator_.Authenticate({}, token);
    return requester.ok() ? requester->user.str() : FromStatus(requester.status()).errcode;
  }
  void WakeOfTokens(const std::string& user) { WakeOf(user, bus::TokensKey(user)); }
  void WakeOf(const std::string& user, const std::string& key) {
    bus_.Publish({"accounts", PartitionOf(user, kPartitions), 1, key});
  }
  void Heartbeat() {
    bus::Heartbeat heartbeat;
    heartbeat.services = {"accounts"};
    for (Partition p = 0; p < kPartitions; ++p) heartbeat.alive.push_back(p);
    bus_.PublishHeartbeat(heartbeat);
  }

  Tokens accounts_;
  bus::UnreliableBus bus_;
  ::parley::testing::ManualClock clock_;
  bus::HeadWatcher heads_{bus_, clock_, {.services = {"accounts"}, .poll = [](const std::string&) {
                                           return std::vector<bus::Head>();
                                         }}};
  Authenticator authenticator_{kPartitions, {accounts_, bus_, heads_, clock_}};
};

TEST_F(AuthenticatorTest, AsksOnceWhileThePartitionIsHeard) {
  Heartbeat();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask("t1"), "@alice:a");
  EXPECT_EQ(accounts_.asked, 1);
  EXPECT_EQ(authenticator_.hits(), 2);
}

TEST_F(AuthenticatorTest, AsksAgainWhenThePartitionFallsSilent) {
  Heartbeat();
  Ask("t1");
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(Ask("t1"), "@alice:a");
  EXPECT_EQ(accounts_.asked, 2);
}

TEST_F(AuthenticatorTest, KnowsOfALogoutAtOnce) {
  Heartbeat();
  Ask("t1");
  Ask("t2");
  accounts_.users.erase("t1");
  WakeOfTokens("@alice:a");
  EXPECT_EQ(Ask("t1"), "M_UNKNOWN_TOKEN");
  EXPECT_EQ(Ask("t2"), "@bob:a");
  EXPECT_EQ(accounts_.asked, 3);
}

TEST_F(AuthenticatorTest, GoesOnWhenSomethingElseOfTheUserChanges) {
  Heartbeat();
  Ask("t1");
  WakeOf("@alice:a", "@alice:a");
  EXPECT_EQ(Ask("t1"), "@alice:a");
  EXPECT_EQ(accounts_.asked, 1);
}

TEST_F(AuthenticatorTest, AsksAgainAfterAWakeThatNamesNobody) {
  Heartbeat();
  Ask("t1");
  WakeOf("@alice:a", "");
  Ask("t1");
  EXPECT_EQ(accounts_.asked, 2);
}

TEST_F(AuthenticatorTest, DoesNotKeepAnAnswerThatALogoutOvertook) {
  Heartbeat();
  accounts_.meanwhile = [this] { WakeOfTokens("@alice:a"); };
  Ask("t1");
  accounts_.meanwhile = nullptr;
  accounts_.users.erase("t1");
  EXPECT_EQ(Ask("t1"), "M_UNKNOWN_TOKEN");
}

TEST_F(AuthenticatorTest, ForgetsAPartitionWhoseNewsGotLost) {
  Heartbeat();
  Ask("t1");
  authenticator_.OnHead({{"accounts", PartitionOf("@alice:a", kPartitions)}, 7});
  Ask("t1");
  EXPECT_EQ(accounts_.asked, 2);
}

TEST_F(AuthenticatorTest, KnowsOfAnEndThatNoWakeTold) {
  Heartbeat();
  Ask("t1");
  accounts_.users.erase("t1");
  authenticator_.ForgetAll();
  EXPECT_EQ(Ask("t1"), "M_UNKNOWN_TOKEN");
}

TEST_F(AuthenticatorTest, AsksAgainForATokenWhoseDeviceHasANewOne) {
  Heartbeat();
  accounts_.users["t3"] = "@alice:a";
  Ask("t1");
  Ask("t3");
  accounts_.users.erase("t1");
  EXPECT_EQ(Ask("t1"), "M_UNKNOWN_TOKEN");
  EXPECT_EQ(Ask("t3"), "@alice:a");
}

TEST_F(AuthenticatorTest, AsksAgainWhenATokenHasExpired) {
  Heartbeat();
  accounts_.expires_at_ms = absl::ToUnixMillis(clock_.Now()) + 1000;
  Ask("t1");
  clock_.Advance(absl::Seconds(1));
  Ask("t1");
  EXPECT_EQ(accounts_.asked, 2);
}

TEST(CheckAccess, KeepsGuestsAndLockedAccountsOut) {
  Requester guest;
  guest.is_guest = true;
  EXPECT_TRUE(HasErrcode(CheckAccess(Auth::kUser, guest), "M_GUEST_ACCESS_FORBIDDEN"));
  EXPECT_TRUE(CheckAccess(Auth::kGuest, guest).ok());
  Requester locked;
  locked.is_locked = true;
  EXPECT_TRUE(HasErrcode(CheckAccess(Auth::kGuest, locked), "M_USER_LOCKED"));
  EXPECT_TRUE(CheckAccess(Auth::kLocked, locked).ok());
}

}  // namespace
}  // namespace parley::gateway
