#include "services/gateway/federation/server_auth.h"

#include <gtest/gtest.h>

#include "common/status/matrix_error.h"
#include "common/testing/manual_clock.h"
#include "parley/federation/v1/federation.parley.h"

namespace parley::gateway {
namespace {

// Knows the keys that the test gives it.
class FakeKeys final : public federation::FederationFake {
 public:
  absl::StatusOr<federation::GetServerKeysResponse> GetServerKeys(
      const rpc::Call&, const federation::GetServerKeysRequest& request) override {
    ++asked;
    federation::GetServerKeysResponse response;
    for (const federation::ServerKey& key : keys) *response.add_keys() = key;
    return response;
  }
  absl::StatusOr<federation::RecordAliveResponse> RecordAlive(
      const rpc::Call&, const federation::RecordAliveRequest& request) override {
    alive.push_back(request.server_name());
    return federation::RecordAliveResponse();
  }

  std::vector<federation::ServerKey> keys;
  std::vector<std::string> alive;
  int asked = 0;
};

class ServerAuthTest : public ::testing::Test {
 protected:
  ServerAuthTest() {
    federation::ServerKey key;
    key.set_server_name("a.test");
    key.set_key_id(key_.id());
    key.set_public_key(key_.public_key());
    key.set_valid_until_ms(absl::ToUnixMillis(clock_.Now() + absl::Hours(1)));
    keys_.keys = {key};
  }

  std::string Sign(std::string_view destination) {
    const json::Object content = *json::ParseObject(body_);
    return federation::SignRequest({"PUT", "/x?y=z", "a.test", destination, &content}, key_);
  }

  // "a.test", or the HTTP status and errcode of the refusal.
  std::string Check(const std::string& authorization) {
    http::Request request;
    request.method = "PUT";
    request.path = "/x";
    request.raw_query = "y=z";
    request.body = body_;
    request.headers.Add("Authorization", authorization);
    RequestContext context(std::move(request), {}, {}, {});
    const auto origin = auth_.Check(context);
    if (origin.ok()) return *origin;
    const MatrixError error = FromStatus(origin.status());
    return std::to_string(error.http_status) + " " + error.errcode;
  }

  testing::ManualClock clock_;
  metrics::Registry registry_;
  FakeKeys keys_;
  ServerAuth auth_{"b.test", {keys_, clock_, registry_}};
  const crypto::SigningKey key_ = *crypto::SigningKey::FromSeed("1", std::string(32, 'a'));
  std::string body_ = R"({"a":1})";
};

TEST_F(ServerAuthTest, TakesWhatIsSignedForUs) {
  EXPECT_EQ(Check(Sign("b.test")), "a.test");
  EXPECT_EQ(keys_.alive, (std::vector<std::string>{"a.test"}));
}

TEST_F(ServerAuthTest, KeepsAKeyUntilItEnds) {
  EXPECT_EQ(Check(Sign("b.test")), "a.test");
  EXPECT_EQ(Check(Sign("b.test")), "a.test");
  EXPECT_EQ(keys_.asked, 1);
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(Check(Sign("b.test")), "401 M_UNAUTHORIZED");
  EXPECT_EQ(keys_.asked, 2);
}

TEST_F(ServerAuthTest, RefusesWhatIsNotSignedForUs) {
  EXPECT_EQ(Check(""), "401 M_UNAUTHORIZED");
  EXPECT_EQ(Check("Bearer abc"), "401 M_UNAUTHORIZED");
  EXPECT_EQ(Check(Sign("c.test")), "401 M_UNAUTHORIZED");
  EXPECT_EQ(Check(R"(X-Matrix origin="b.test",key="ed25519:1",sig="AAAA")"), "401 M_UNAUTHORIZED");
  EXPECT_EQ(keys_.asked, 0);
}

TEST_F(ServerAuthTest, RefusesAnotherBodyThanTheSignedOne) {
  const std::string header = Sign("b.test");
  body_ = R"({"a":2})";
  EXPECT_EQ(Check(header), "401 M_UNAUTHORIZED");
  body_ = "{";
  EXPECT_EQ(Check(header), "400 M_NOT_JSON");
}

TEST_F(ServerAuthTest, RefusesAKeyThatHasExpired) {
  keys_.keys[0].set_expired_ms(1);
  EXPECT_EQ(Check(Sign("b.test")), "401 M_UNAUTHORIZED");
}

TEST_F(ServerAuthTest, RefusesAKeyThatIsAnotherServers) {
  keys_.keys[0].set_server_name("c.test");
  EXPECT_EQ(Check(Sign("b.test")), "401 M_UNAUTHORIZED");
}

}  // namespace
}  // namespace parley::gateway
