#include "services/parleyctl/owner_channel.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/rpc/grpc/server.h"
#include "common/runtime/work_pool.h"
#include "common/status/wrong_owner.h"
#include "common/testing/temporary_folder.h"
#include "parley/accounts/v1/accounts.parley.h"

namespace parley::ctl {
namespace {

class Owner final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::CreateUserResponse> CreateUser(
      const rpc::Call&, const accounts::CreateUserRequest& request) override {
    accounts::CreateUserResponse response;
    response.set_user_id(request.localpart());
    return response;
  }
};

// Lets nobody in.
class SendsAway final : public rpc::Guard {
 public:
  explicit SendsAway(std::string owner) : owner_(std::move(owner)) {}
  absl::StatusOr<Pass> Enter(const rpc::Method&, const google::protobuf::MessageLite&) override {
    return WrongOwner("this", owner_);
  }

 private:
  const std::string owner_;
};

struct Replica {
  Replica(std::string address, rpc::Guard* guard) {
    accounts::Serve(owner, dispatcher);
    if (guard != nullptr) dispatcher.SetGuard(*guard);
    server = *rpc::Server::Start({.addresses = {std::move(address)}}, dispatcher, pool,
                                 rpc::NoObserver());
  }

  Owner owner;
  rpc::Dispatcher dispatcher;
  WorkPool pool{{.name = "rpc", .threads = 1, .max_queued = 10}};
  std::unique_ptr<rpc::Server> server;
};

TEST(OwnerChannel, GoesWhereItIsSent) {
  const TemporaryFolder folder;
  const std::string one = StrCat("unix:", folder.path(), "/one"),
                    two = StrCat("unix:", folder.path(), "/two");
  SendsAway guard(two);
  Replica first(one, &guard), second(two, nullptr);
  OwnerChannel channel(one, {});
  accounts::AccountsClient client(channel);
  accounts::CreateUserRequest request;
  request.set_localpart("alice");
  const auto answer = client.CreateUser({}, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->user_id(), "alice");
}

TEST(OwnerChannel, GivesUpWhenNobodyIsTheOwner) {
  const TemporaryFolder folder;
  const std::string one = StrCat("unix:", folder.path(), "/one"),
                    two = StrCat("unix:", folder.path(), "/two");
  SendsAway to_two(two), to_one(one);
  Replica first(one, &to_two), second(two, &to_one);
  OwnerChannel channel(one, {});
  accounts::AccountsClient client(channel);
  EXPECT_TRUE(IsWrongOwner(client.CreateUser({}, {}).status()));
}

}  // namespace
}  // namespace parley::ctl
