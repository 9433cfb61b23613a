#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/hash.h"
#include "services/accounts/test_service.h"

namespace parley::accounts {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

absl::StatusOr<JsonResponse> Register(TestService& service, const std::string& body, const std::string& kind = "") {
  RegisterRequest request;
  request.set_body(body);
  request.set_kind(kind);
  return service->Register({}, request);
}

std::string SessionOf(const absl::Status& challenge) {
  const auto members = json::ParseObject("{" + FromStatus(challenge).extra_json + "}");
  return members.ok() ? std::string(json::StringOr(*members, "session", "")) : "";
}

TEST(Registration, AsksForADummyStageFirst) {
  TestService service;
  const auto challenged = Register(service, R"({"username":"alice","password":"secret"})");
  EXPECT_EQ(Outcome(challenged), "401");
  EXPECT_THAT(FromStatus(challenged.status()).extra_json, HasSubstr(R"("flows":[{"stages":["m.login.dummy"]}])"));
}

TEST(Registration, RemembersTheRequestThatASessionBeganWith) {
  TestService service;
  const auto challenged = Register(service, R"({"username":"alice","password":"secret","device_id":"PHONE"})");
  const std::string session = SessionOf(challenged.status());
  const auto answer = Register(service, R"({"auth":{"type":"m.login.dummy","session":")" + session + R"("}})");
  ASSERT_EQ(Outcome(answer), "200");
  EXPECT_THAT(answer->json(), HasSubstr(R"("device_id":"PHONE")"));
  EXPECT_THAT(answer->json(), HasSubstr(R"("user_id":"@alice:localhost")"));
}

TEST(Registration, GoesOnWithASessionAfterARestart) {
  TestService service;
  const auto challenged = Register(service, R"({"username":"alice","password":"a secret"})");
  const std::string session = SessionOf(challenged.status());
  EXPECT_FALSE(service.StoreHolds("a secret"));
  service.Restart();
  const std::string body = R"({"auth":{"type":"m.login.dummy","session":")" + session + R"("}})";
  EXPECT_EQ(Outcome(Register(service, body)), "200");
  EXPECT_EQ(Outcome(Register(service, body)), "400 M_MISSING_PARAM") << "it was good for one operation";
}

TEST(Registration, BeginsAnewWhenASessionIsTooOld) {
  TestService service;
  const auto challenged = Register(service, R"({"username":"alice","password":"secret"})");
  const std::string session = SessionOf(challenged.status());
  service.clock_.Advance(service.config_.uia_session_lifetime + absl::Seconds(1));
  const std::string body = R"({"auth":{"type":"m.login.dummy","session":")" + session + R"("}})";
  EXPECT_NE(Outcome(Register(service, body)), "200");
}

TEST(Registration, GivesEachNewUserAProfile) {
  TestService service;
  service.Register("alice", "PHONE");
  EXPECT_THAT(service.channel_.calls, Contains("profile.CreateProfile"));
}

TEST(Registration, KeepsTheProfileInTheOutboxUntilProfileAnswers) {
  TestService service;
  service.channel_.answer = absl::UnavailableError("down");
  service.Register("alice", "PHONE");
  service.channel_.answer = absl::OkStatus();
  service.Restart();
  service->RunOutbox();
  EXPECT_THAT(service.channel_.calls, Contains("profile.CreateProfile"));
}

TEST(Registration, RefusesNamesThatCannotBe) {
  TestService service;
  service.config_.reserved_localparts = {"irc_*"};
  service.Restart();
  service.Register("alice", "PHONE");
  const auto outcome = [&](const std::string& username) {
    return Outcome(Register(service, json::Serialize(json::Object{{"username", username}, {"password", "x"}})));
  };
  EXPECT_EQ(outcome("alice"), "400 M_USER_IN_USE");
  EXPECT_EQ(outcome("ALICE"), "400 M_USER_IN_USE");
  EXPECT_EQ(outcome("with space"), "400 M_INVALID_USERNAME");
  EXPECT_EQ(outcome(""), "400 M_INVALID_USERNAME");
  EXPECT_EQ(outcome(std::string(250, 'a')), "400 M_INVALID_USERNAME");
  EXPECT_EQ(outcome("irc_bob"), "400 M_EXCLUSIVE");
  EXPECT_EQ(outcome("bob"), "401");
}

TEST(Registration, RefusesBodiesOfTheWrongShape) {
  TestService service;
  EXPECT_EQ(Outcome(Register(service, R"({"username":5})")), "400 M_BAD_JSON");
  EXPECT_EQ(Outcome(Register(service, R"({"username":"bob","auth":"x"})")), "400 M_BAD_JSON");
  EXPECT_EQ(Outcome(Register(service, R"({"username":"bob","auth":{"type":"m.login.dummy"}})")), "400 M_MISSING_PARAM");
  EXPECT_EQ(Outcome(Register(service, "{}", "bogus")), "400 M_INVALID_PARAM");
  EXPECT_EQ(Outcome(Register(service, "{}", "guest")), "403 M_GUEST_ACCESS_FORBIDDEN");
}

TEST(Registration, IsClosedWhenNoFlowIsOpen) {
  TestService service;
  service.config_.open_registration = false;
  service.Restart();
  EXPECT_EQ(Outcome(Register(service, R"({"username":"bob","password":"x"})")), "403 M_FORBIDDEN");
}

TEST(Registration, TakesATokenWhereOneIsAskedFor) {
  TestService service;
  service.config_.open_registration = false;
  service.config_.registration_tokens = {"sesame"};
  service.Restart();
  const auto with_token = [&](const std::string& token) {
    return Outcome(Register(service, R"({"username":"bob","password":"x","auth":{"type":"m.login.registration_token",)"
                                     R"("token":")" + token + R"("}})"));
  };
  EXPECT_EQ(with_token("wrong"), "401 M_UNAUTHORIZED");
  EXPECT_EQ(with_token("sesame"), "200");
}

TEST(Registration, InhibitsTheLogin) {
  TestService service;
  const auto answer = Register(
      service, R"({"username":"bob","password":"x","inhibit_login":true,"auth":{"type":"m.login.dummy"}})");
  ASSERT_EQ(Outcome(answer), "200");
  EXPECT_EQ(answer->json(), R"({"home_server":"localhost","user_id":"@bob:localhost"})");
}

TEST(SharedSecretRegistration, TakesANonceOnceAndAValidMac) {
  TestService service;
  service.config_.registration_shared_secret = "shared";
  service.Restart();
  const auto nonce = service->GetRegistrationNonce({}, {});
  const std::string nul(1, '\0');
  const std::string mac = crypto::EncodeHex(
      crypto::HmacSha1("shared", nonce->nonce() + nul + "root" + nul + "secret" + nul + "admin"));
  RegisterRequest request;
  request.set_body(json::Serialize(json::Object{{"nonce", nonce->nonce()},
                                                {"username", "root"},
                                                {"password", "secret"},
                                                {"admin", true},
                                                {"mac", mac}}));
  EXPECT_EQ(Outcome(service->RegisterWithSecret({}, request)), "200");
  EXPECT_EQ(Outcome(service->RegisterWithSecret({}, request)), "400 M_UNKNOWN");
  GetUserRequest get;
  get.set_user_id("@root:localhost");
  EXPECT_TRUE(service->GetUser({}, get)->user().is_admin());
}

}  // namespace
}  // namespace parley::accounts
