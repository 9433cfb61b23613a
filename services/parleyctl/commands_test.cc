#include "services/parleyctl/commands.h"

#include <sstream>

#include <gtest/gtest.h>

#include "common/status/matrix_error.h"

namespace parley::ctl {
namespace {

// Pages of two users, and the last request of each kind.
class FakeAccounts final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::CreateUserResponse> CreateUser(
      const rpc::Call&, const accounts::CreateUserRequest& request) override {
    if (request.localpart() == "taken")
      return Matrix(400, "M_USER_IN_USE", "somebody has this name");
    created = request;
    accounts::CreateUserResponse response;
    response.set_user_id("@" + request.localpart() + ":example.org");
    return response;
  }

  absl::StatusOr<accounts::DeactivateUserResponse> DeactivateUser(
      const rpc::Call&, const accounts::DeactivateUserRequest& request) override {
    deactivated = request;
    return accounts::DeactivateUserResponse();
  }

  absl::StatusOr<accounts::ListUsersResponse> ListUsers(
      const rpc::Call&, const accounts::ListUsersRequest& request) override {
    accounts::ListUsersResponse page;
    for (const std::string name : {"@a:example.org", "@b:example.org", "@c:example.org"}) {
      if (name <= request.after() || page.users_size() == 2) continue;
      accounts::User& user = *page.add_users();
      user.set_user_id(name);
      user.set_is_admin(name[1] == 'a');
    }
    return page;
  }

  accounts::CreateUserRequest created;
  accounts::DeactivateUserRequest deactivated;
};

class FakeProfile final : public profile::ProfileFake {
 public:
  absl::StatusOr<profile::GetPropagationResponse> GetPropagation(
      const rpc::Call&, const profile::GetPropagationRequest& request) override {
    if (request.user_id() != "@bob:example.org")
      return Matrix(404, "M_NOT_FOUND", "no such profile");
    return status;
  }
  profile::GetPropagationResponse status;
};

class Ctl : public testing::Test {
 protected:
  FakeAccounts accounts_;
  FakeProfile profile_;
  std::ostringstream out_;
  Commands commands_{accounts_, profile_, "example.org", out_};
};

TEST_F(Ctl, MakesAUser) {
  ASSERT_TRUE(commands_.CreateUser("alice", "hush", true).ok());
  EXPECT_EQ(accounts_.created.localpart(), "alice");
  EXPECT_EQ(accounts_.created.password(), "hush");
  EXPECT_TRUE(accounts_.created.is_admin());
  EXPECT_EQ(out_.str(), "made @alice:example.org\n");
}

TEST_F(Ctl, PassesOnWhatTheServiceRefuses) {
  EXPECT_TRUE(HasErrcode(commands_.CreateUser("taken", "hush", false), "M_USER_IN_USE"));
}

TEST_F(Ctl, TakesALocalpartForAUserOfThisServer) {
  ASSERT_TRUE(commands_.Deactivate("bob").ok());
  EXPECT_EQ(accounts_.deactivated.user_id(), "@bob:example.org");
  ASSERT_TRUE(commands_.Deactivate("@bob:example.org").ok());
  EXPECT_EQ(accounts_.deactivated.user_id(), "@bob:example.org");
}

TEST_F(Ctl, ListsAllPages) {
  ASSERT_TRUE(commands_.ListUsers().ok());
  EXPECT_EQ(out_.str(), "@a:example.org admin\n@b:example.org\n@c:example.org\n");
}

TEST_F(Ctl, TellsHowFarAProfileChangeIs) {
  EXPECT_TRUE(HasErrcode(commands_.ProfileStatus("alice"), "M_NOT_FOUND"));
  profile_.status.set_generation(3);
  ASSERT_TRUE(commands_.ProfileStatus("bob").ok());
  EXPECT_EQ(out_.str(), "@bob:example.org: change 3 is in every room\n");
  profile_.status.set_started_ms(1);
  profile_.status.set_rooms_done(7);
  profile_.status.set_rooms_pending(2);
  ASSERT_TRUE(commands_.ProfileStatus("bob").ok());
  EXPECT_NE(out_.str().find("is under way; 7 rooms have it, 2 are to come"), std::string::npos)
      << out_.str();
}

}  // namespace
}  // namespace parley::ctl
