#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/accounts/test_service.h"

namespace parley::accounts {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PushersTest : public ::testing::Test {
 protected:
  PushersTest() {
    service_.Register("alice", "PHONE");
    service_.Register("bob", "TABLET");
  }

  std::string Set(const std::string& user, const std::string& device, const std::string& pushkey,
                  const std::string& more = "") {
    BodyRequest request;
    *request.mutable_requester() = TestService::As(user, device);
    request.set_body(
        R"({"app_id":"app","kind":"http","app_display_name":"App","device_display_name":"Phone",)"
        R"("lang":"en","data":{"url":"https://push.test/_matrix/push/v1/notify"},"pushkey":")" +
        pushkey + "\"" + more + "}");
    return Outcome(service_->SetPusher({}, request));
  }

  std::vector<std::string> Keys(const std::string& user, const std::string& device) {
    ListPushersRequest request;
    *request.mutable_requester() = TestService::As(user, device);
    const auto answer = service_->ListPushers({}, request);
    const json::Object body = *json::ParseObject(answer->json());
    std::vector<std::string> keys;
    for (const json::Value& pusher : *body.Find("pushers")->AsArray()) {
      keys.emplace_back(json::StringOr(*pusher.AsObject(), "pushkey", ""));
    }
    return keys;
  }

  TestService service_;
};

TEST_F(PushersTest, AreListedOnceSet) {
  EXPECT_EQ(Set("alice", "PHONE", "k1"), "200");
  EXPECT_EQ(Set("alice", "PHONE", "k1"), "200");
  EXPECT_EQ(Set("alice", "PHONE", "k2"), "200");
  EXPECT_THAT(Keys("alice", "PHONE"), ElementsAre("k1", "k2"));
  EXPECT_THAT(Keys("bob", "TABLET"), IsEmpty());
}

TEST_F(PushersTest, MoveToWhoeverSetsThemUnlessAppended) {
  Set("alice", "PHONE", "k1");
  EXPECT_EQ(Set("bob", "TABLET", "k1", R"(,"append":true)"), "200");
  EXPECT_THAT(Keys("alice", "PHONE"), ElementsAre("k1"));
  EXPECT_EQ(Set("bob", "TABLET", "k1"), "200");
  EXPECT_THAT(Keys("alice", "PHONE"), IsEmpty());
  EXPECT_THAT(Keys("bob", "TABLET"), ElementsAre("k1"));
}

TEST_F(PushersTest, GoWithTheirDevice) {
  Set("alice", "PHONE", "k1");
  LogoutRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  ASSERT_EQ(Outcome(service_->Logout({}, request)), "200");
  EXPECT_THAT(Keys("alice", "PHONE"), IsEmpty());
}

TEST_F(PushersTest, AreRefusedWhenMalformed) {
  EXPECT_EQ(Set("alice", "PHONE", std::string(600, 'k')).substr(0, 3), "400");
  BodyRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  request.set_body(R"({"app_id":"app","pushkey":"k1","kind":"http"})");
  EXPECT_EQ(Outcome(service_->SetPusher({}, request)), "400 M_MISSING_PARAM");
  request.set_body(R"({"app_id":"app","pushkey":"k1"})");
  EXPECT_EQ(Outcome(service_->SetPusher({}, request)), "400 M_MISSING_PARAM");
}

}  // namespace
}  // namespace parley::accounts
