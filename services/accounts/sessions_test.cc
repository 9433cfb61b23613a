#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/bus/testing/journal.h"
#include "common/bus/wake_keys.h"
#include "services/accounts/test_service.h"

namespace parley::accounts {
namespace {

using ::testing::HasSubstr;

std::string Authenticate(TestService& service, const std::string& token) {
  AuthenticateRequest request;
  request.set_access_token(token);
  const auto response = service->Authenticate({}, request);
  return response.ok() ? response->user_id() + " " + response->device_id() : Outcome(response);
}

absl::StatusOr<json::Object> LogIn(TestService& service, const std::string& user, const std::string& password,
                                   const std::string& more = "") {
  LoginRequest request;
  request.set_body(R"({"type":"m.login.password","identifier":{"type":"m.id.user","user":")" + user +
                   R"("},"password":")" + password + "\"" + more + "}");
  const auto response = service->Login({}, request);
  if (!response.ok()) return response.status();
  return json::ParseObject(response->json());
}

std::string Member(const absl::StatusOr<json::Object>& object, std::string_view key) {
  return object.ok() ? std::string(json::StringOr(*object, key, "")) : object.status().ToString();
}

absl::StatusOr<json::Object> Refresh(TestService& service, const std::string& token) {
  RefreshRequest request;
  request.set_body(json::Serialize(json::Object{{"refresh_token", token}}));
  const auto response = service->Refresh({}, request);
  if (!response.ok()) return response.status();
  return json::ParseObject(response->json());
}

TEST(Sessions, KnowTheirTokensAfterARestart) {
  TestService service;
  const std::string token = service.Register("alice", "PHONE");
  EXPECT_EQ(Authenticate(service, token), "@alice:localhost PHONE");
  service.Restart();
  EXPECT_EQ(Authenticate(service, token), "@alice:localhost PHONE");
  EXPECT_EQ(Authenticate(service, "garbage"), "401 M_UNKNOWN_TOKEN");
  EXPECT_EQ(Authenticate(service, token + "x"), "401 M_UNKNOWN_TOKEN");
}

TEST(Sessions, EndWithTheLogout) {
  TestService service;
  const std::string token = service.Register("alice", "PHONE");
  LogoutRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  EXPECT_EQ(Outcome(service->Logout({}, request)), "200");
  EXPECT_EQ(Authenticate(service, token), "401 M_UNKNOWN_TOKEN");
}

// Gateways ask again for the tokens of whom they hear this.
class TokenWakes : public ::testing::Test {
 protected:
  TokenWakes() { service_.Register("alice", "PHONE"); }

  // Whether `change` told of alice's tokens.
  template <class Change>
  bool AreToldBy(Change change) {
    bus::Journal heard;
    const auto subscription =
        service_.bus().Subscribe(bus::Interest::All(), [&](const bus::Wake& wake) { heard.Add(std::string(wake.key)); });
    EXPECT_EQ(Outcome(change()), "200");
    const auto keys = heard.lines();
    EXPECT_THAT(keys, ::testing::Contains(TestService::Id("alice")));
    return std::count(keys.begin(), keys.end(), bus::TokensKey(TestService::Id("alice"))) > 0;
  }

  TestService service_;
};

TEST_F(TokenWakes, ComeWhenADeviceLogsOutOrInAgain) {
  EXPECT_TRUE(AreToldBy([&] { return LogIn(service_, "alice", "secret", R"(,"device_id":"PHONE")"); }));
  LogoutRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  EXPECT_TRUE(AreToldBy([&] { return service_->Logout({}, request); }));
}

TEST_F(TokenWakes, ComeWhenAnAccountIsLocked) {
  SetUserFlagsRequest request;
  request.set_user_id(TestService::Id("alice"));
  request.set_is_locked(true);
  EXPECT_TRUE(AreToldBy([&] { return service_->SetUserFlags({}, request); }));
}

TEST_F(TokenWakes, DoNotComeOfAccountData) {
  SetAccountDataRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  request.set_user_id(TestService::Id("alice"));
  request.set_type("m.theme");
  request.set_content("{}");
  EXPECT_FALSE(AreToldBy([&] { return service_->SetAccountData({}, request); }));
}

TEST(Login, TakesUserIdsAndLocalpartsInAnyCase) {
  TestService service;
  service.Register("alice", "PHONE");
  EXPECT_EQ(Member(LogIn(service, "alice", "secret"), "user_id"), "@alice:localhost");
  EXPECT_EQ(Member(LogIn(service, "@alice:localhost", "secret"), "user_id"), "@alice:localhost");
  EXPECT_EQ(Member(LogIn(service, "@ALICE:localhost", "secret"), "user_id"), "@alice:localhost");
  EXPECT_EQ(Outcome(LogIn(service, "@alice:elsewhere", "secret")), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(LogIn(service, "alice", "wrong")), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(LogIn(service, "nobody", "secret")), "403 M_FORBIDDEN");
}

TEST(Login, WithAKnownDeviceEndsItsOldTokensOnly) {
  TestService service;
  const std::string phone = service.Register("alice", "PHONE");
  const std::string laptop = Member(LogIn(service, "alice", "secret", R"(,"device_id":"LAPTOP")"), "access_token");
  const std::string again = Member(LogIn(service, "alice", "secret", R"(,"device_id":"PHONE")"), "access_token");
  EXPECT_EQ(Authenticate(service, phone), "401 M_UNKNOWN_TOKEN");
  EXPECT_EQ(Authenticate(service, again), "@alice:localhost PHONE");
  EXPECT_EQ(Authenticate(service, laptop), "@alice:localhost LAPTOP");
}

TEST(Login, SlowsDownGuessing) {
  TestService service;
  service.Register("alice", "PHONE");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Outcome(LogIn(service, "alice", "wrong")), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(LogIn(service, "alice", "secret")), "429 M_LIMIT_EXCEEDED");
  service.clock_.Advance(absl::Minutes(2));
  EXPECT_EQ(Outcome(LogIn(service, "alice", "secret")), "200");
}

TEST(Login, RefusesLockedAndDeactivatedUsers) {
  TestService service;
  service.Register("alice", "PHONE");
  SetUserFlagsRequest lock;
  lock.set_user_id("@alice:localhost");
  lock.set_is_locked(true);
  EXPECT_EQ(Outcome(service->SetUserFlags({}, lock)), "200");
  EXPECT_EQ(Outcome(LogIn(service, "alice", "secret")), "401 M_USER_LOCKED");
  DeactivateUserRequest close;
  close.set_user_id("@alice:localhost");
  EXPECT_EQ(Outcome(service->DeactivateUser({}, close)), "200");
  EXPECT_EQ(Outcome(LogIn(service, "alice", "secret")), "403 M_USER_DEACTIVATED");
}

TEST(Login, TakesALoginTokenOnce) {
  TestService service;
  service.Register("alice", "PHONE");
  const auto made = service->CreateLoginToken(
      {}, TestService::Request(TestService::As("alice", "PHONE"),
                               R"({"auth":{"type":"m.login.password","user":"alice","password":"secret"}})"));
  ASSERT_EQ(Outcome(made), "200");
  LoginRequest request;
  request.set_body(R"({"type":"m.login.token","token":")" +
                   Member(json::ParseObject(made->json()), "login_token") + R"("})");
  EXPECT_EQ(Outcome(service->Login({}, request)), "200");
  EXPECT_EQ(Outcome(service->Login({}, request)), "403 M_FORBIDDEN");
}

TEST(RefreshTokens, KeepTheOldPairUntilTheNewOneIsUsed) {
  TestService service;
  service.Register("alice", "PHONE");
  const auto first = LogIn(service, "alice", "secret", R"(,"refresh_token":true)");
  const auto second = Refresh(service, Member(first, "refresh_token"));
  ASSERT_EQ(Outcome(second), "200");
  EXPECT_THAT(Authenticate(service, Member(first, "access_token")), HasSubstr("@alice"));
  const auto third = Refresh(service, Member(first, "refresh_token"));
  ASSERT_EQ(Outcome(third), "200");
  EXPECT_EQ(Authenticate(service, Member(second, "access_token")), "401 M_UNKNOWN_TOKEN");
  EXPECT_THAT(Authenticate(service, Member(third, "access_token")), HasSubstr("@alice"));
  EXPECT_EQ(Authenticate(service, Member(first, "access_token")), "401 M_UNKNOWN_TOKEN");
  EXPECT_EQ(Outcome(Refresh(service, Member(first, "refresh_token"))), "401 M_UNKNOWN_TOKEN");
  EXPECT_EQ(Outcome(Refresh(service, Member(third, "refresh_token"))), "200");
}

TEST(RefreshTokens, OutliveTheirAccessToken) {
  TestService service;
  service.Register("alice", "PHONE");
  const auto first = LogIn(service, "alice", "secret", R"(,"refresh_token":true)");
  service.clock_.Advance(absl::Hours(2));
  AuthenticateRequest request;
  request.set_access_token(Member(first, "access_token"));
  const auto expired = service->Authenticate({}, request);
  EXPECT_THAT(FromStatus(expired.status()).extra_json, HasSubstr(R"("soft_logout":true)"));
  EXPECT_EQ(Outcome(Refresh(service, Member(first, "refresh_token"))), "200");
}

TEST(Passwords, ChangeAndLogOutTheOtherDevices) {
  TestService service;
  const std::string phone = service.Register("alice", "PHONE");
  const std::string laptop = Member(LogIn(service, "alice", "secret", R"(,"device_id":"LAPTOP")"), "access_token");
  const auto changed = service->ChangePassword(
      {}, TestService::Request(
              TestService::As("alice", "PHONE"),
              R"({"new_password":"better","auth":{"type":"m.login.password","user":"alice","password":"secret"}})"));
  ASSERT_EQ(Outcome(changed), "200");
  EXPECT_THAT(Authenticate(service, phone), HasSubstr("PHONE"));
  EXPECT_EQ(Authenticate(service, laptop), "401 M_UNKNOWN_TOKEN");
  EXPECT_EQ(Outcome(LogIn(service, "alice", "secret")), "403 M_FORBIDDEN");
  EXPECT_EQ(Outcome(LogIn(service, "alice", "better")), "200");
}

TEST(Deactivation, EndsSessionsAndLeavesTheRooms) {
  TestService service;
  const std::string token = service.Register("alice", "PHONE");
  RecordMembershipRequest join;
  join.set_user_id("@alice:localhost");
  join.mutable_membership()->set_room_id("!room:localhost");
  join.mutable_membership()->set_membership("join");
  join.mutable_membership()->set_position(7);
  ASSERT_EQ(Outcome(service->RecordMembership({}, join)), "200");
  const auto closed = service->Deactivate(
      {}, TestService::Request(TestService::As("alice", "PHONE"),
                               R"({"auth":{"type":"m.login.password","user":"alice","password":"secret"}})"));
  ASSERT_EQ(Outcome(closed), "200");
  EXPECT_EQ(Authenticate(service, token), "401 M_UNKNOWN_TOKEN");
  service->RunOutbox();
  EXPECT_THAT(service.channel_.calls, ::testing::IsSupersetOf({"events.ChangeMembership", "profile.EraseProfile"}));
}

TEST(Devices, AreDeletedAfterThePasswordIsGivenAgain) {
  TestService service;
  service.Register("alice", "PHONE");
  service.Register("bob", "TABLET");
  const std::string laptop = Member(LogIn(service, "alice", "secret", R"(,"device_id":"LAPTOP")"), "access_token");
  DeleteDevicesRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  request.set_device_id("LAPTOP");
  EXPECT_EQ(Outcome(service->DeleteDevices({}, request)), "401");
  const auto with_password = [&](const std::string& user, const std::string& password) {
    request.set_body(R"({"auth":{"type":"m.login.password","user":")" + user + R"(","password":")" + password + R"("}})");
    return Outcome(service->DeleteDevices({}, request));
  };
  EXPECT_EQ(with_password("alice", "wrong"), "401 M_FORBIDDEN");
  EXPECT_EQ(with_password("bob", "secret"), "403 M_FORBIDDEN");
  EXPECT_EQ(with_password("alice", "secret"), "200");
  EXPECT_EQ(Authenticate(service, laptop), "401 M_UNKNOWN_TOKEN");
}

TEST(OpenId, TellsWhoATokenIsForUntilItEnds) {
  TestService service;
  service.Register("alice", "PHONE");
  CreateOpenIdTokenRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  request.set_user_id("@alice:localhost");
  const auto made = service->CreateOpenIdToken({}, request);
  ASSERT_EQ(Outcome(made), "200");
  GetOpenIdUserRequest who;
  who.set_access_token(Member(json::ParseObject(made->json()), "access_token"));
  EXPECT_EQ(service->GetOpenIdUser({}, who)->user_id(), "@alice:localhost");
  service.clock_.Advance(absl::Hours(2));
  EXPECT_EQ(Outcome(service->GetOpenIdUser({}, who)), "401 M_UNKNOWN_TOKEN");
  request.set_user_id("@bob:localhost");
  EXPECT_EQ(Outcome(service->CreateOpenIdToken({}, request)), "403 M_FORBIDDEN");
}

}  // namespace
}  // namespace parley::accounts
