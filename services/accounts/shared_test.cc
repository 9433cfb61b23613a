#include <gtest/gtest.h>

#include "common/rpc/local_channel.h"
#include "common/rpc/routing/method_routes.h"
#include "services/accounts/test_service.h"

// Two processes share the users: who asks the wrong one gets the same answer.
namespace parley::accounts {
namespace {

constexpr uint32_t kPartitions = 16;

// Leads each call to the process that owns what it is about, as the processes' own channels do;
// where it does not matter, to the one that was chosen.
class Owners final : public rpc::Channel {
 public:
  void Add(Service& service) {
    dispatchers_.push_back(std::make_unique<rpc::Dispatcher>());
    Serve(service, *dispatchers_.back());
  }
  void AnyIs(size_t process) { any_ = process; }

  static size_t OwnerOf(Partition partition) { return partition < kPartitions / 2 ? 0 : 1; }

  absl::Status Unary(const rpc::Method& method, const rpc::Call& call,
                     const google::protobuf::MessageLite& request,
                     google::protobuf::MessageLite& response) override {
    const auto& asked = static_cast<const google::protobuf::Message&>(request);
    auto& answer = static_cast<google::protobuf::Message&>(response);
    const rpc::MethodRoute& route = routes_.Of(method.path);
    if (route.splits()) return AskBoth(method, call, route, asked, answer);
    const auto partition = route.KeyOf(asked, kPartitions);
    return Ask(partition ? OwnerOf(*partition) : any_, method, call, asked, answer);
  }

 private:
  absl::Status Ask(size_t process, const rpc::Method& method, const rpc::Call& call,
                   const google::protobuf::Message& request, google::protobuf::Message& response) {
    return rpc::LocalChannel(*dispatchers_[process]).Unary(method, call, request, response);
  }

  absl::Status AskBoth(const rpc::Method& method, const rpc::Call& call,
                       const rpc::MethodRoute& route, const google::protobuf::Message& request,
                       google::protobuf::Message& response) {
    std::vector<int> parts[2];
    const std::vector<Partition> keys = route.KeysOf(request, kPartitions);
    for (size_t i = 0; i < keys.size(); ++i) parts[OwnerOf(keys[i])].push_back(static_cast<int>(i));
    for (size_t process = 0; process < 2; ++process) {
      if (parts[process].empty()) continue;
      const std::unique_ptr<google::protobuf::Message> answer(response.New());
      const auto part = route.Part(request, parts[process]);
      if (absl::Status status = Ask(process, method, call, *part, *answer); !status.ok())
        return status;
      response.MergeFrom(*answer);
    }
    return absl::OkStatus();
  }

  size_t any_ = 0;
  std::vector<std::unique_ptr<rpc::Dispatcher>> dispatchers_;
  rpc::MethodRoutes routes_;
};

class SharedAccounts : public ::testing::Test {
 protected:
  SharedAccounts() {
    config_.partitions = kPartitions;
    config_.open_registration = true;
    config_.registration_shared_secret = "shared";
    config_.password_passes = 1;
    config_.password_memory_kib = 8;
    store_ = *store::OpenSqlite({.path = folder_.path() + "/parley.db"}, Service::Migrations());
    for (size_t process = 0; process < 2; ++process) {
      services_.push_back(std::make_unique<Service>(
          config_,
          Service::Needs{*store_, bus_, clock_, rng_, events_, profile_, federation_, accounts_}));
      owners_.Add(*services_.back());
      std::vector<Partition> share;
      for (Partition p = 0; p < kPartitions; ++p) {
        if (Owners::OwnerOf(p) == process) share.push_back(p);
      }
      EXPECT_TRUE(services_.back()->OpenPartitions(share).ok());
    }
  }

  // A localpart whose user that process owns.
  static std::string NameOf(size_t process) {
    for (int i = 0;; ++i) {
      const std::string name = "user" + std::to_string(i);
      if (Owners::OwnerOf(PartitionOf(TestService::Id(name), kPartitions)) == process) return name;
    }
  }

  absl::StatusOr<JsonResponse> Register(const std::string& name, const std::string& auth) {
    RegisterRequest request;
    request.set_body(R"({"username":")" + name + R"(","password":"secret","device_id":"PHONE")" +
                     auth + "}");
    return accounts_.Register({}, request);
  }

  void RegisterBoth() {
    for (const std::string& name : {here_, there_}) {
      ASSERT_EQ(Outcome(Register(name, R"(,"auth":{"type":"m.login.dummy"})")), "200");
    }
  }

  std::string LogIn(const std::string& name, const std::string& password) {
    LoginRequest request;
    request.set_body(R"({"type":"m.login.password","identifier":{"type":"m.id.user","user":")" +
                     name + R"("},"password":")" + password + R"("})");
    return Outcome(accounts_.Login({}, request));
  }

  const std::string here_ = NameOf(0), there_ = NameOf(1);
  TemporaryFolder folder_;
  Config config_;
  testing::ManualClock clock_;
  testing::SeededRng rng_;
  bus::MemoryBus bus_;
  RecordingChannel channel_;
  events::EventsClient events_{channel_};
  profile::ProfileClient profile_{channel_};
  federation::FederationFake federation_;
  Owners owners_;
  AccountsClient accounts_{owners_};
  std::unique_ptr<store::Store> store_;
  std::vector<std::unique_ptr<Service>> services_;
};

TEST_F(SharedAccounts, ANameIsGivenOnceWhoeverIsAsked) {
  RegisterBoth();
  for (size_t process = 0; process < 2; ++process) {
    owners_.AnyIs(process);
    for (const std::string& name : {here_, there_})
      EXPECT_EQ(Outcome(Register(name, "")), "400 M_USER_IN_USE");
  }
}

TEST_F(SharedAccounts, AuthenticationBegunWithOneGoesOnWithTheOther) {
  const auto challenge = FromStatus(Register(there_, "").status());
  ASSERT_EQ(challenge.http_status, 401);
  const std::string session =
      *json::FindString(*json::ParseObject("{" + challenge.extra_json + "}"), "session");
  owners_.AnyIs(1);
  EXPECT_EQ(Outcome(Register(there_,
                             R"(,"auth":{"type":"m.login.dummy","session":")" + session + R"("})")),
            "200");
}

TEST_F(SharedAccounts, GuessesAreCountedWhereTheUserIs) {
  RegisterBoth();
  EXPECT_EQ(LogIn(there_, "secret"), "200");
  int refused = 0;
  for (int guess = 0; guess < 100 && LogIn(there_, "wrong") != "429 M_LIMIT_EXCEEDED"; ++guess) {
    owners_.AnyIs(guess % 2);
    ++refused;
  }
  EXPECT_LE(refused, config_.login_failure_burst + 1);
  EXPECT_EQ(LogIn(here_, "secret"), "200");
}

TEST_F(SharedAccounts, WhoHasNoTokenChangesThePasswordByItAlone) {
  RegisterBoth();
  BodyRequest request;
  request.set_body(
      R"({"new_password":"better","auth":{"type":"m.login.password","password":"secret",)"
      R"("identifier":{"type":"m.id.user","user":")" +
      there_ + R"("}}})");
  EXPECT_EQ(Outcome(accounts_.ChangePassword({}, request)), "200");
  EXPECT_EQ(LogIn(there_, "secret"), "403 M_FORBIDDEN");
  EXPECT_EQ(LogIn(there_, "better"), "200");
}

TEST_F(SharedAccounts, DeviceMessagesReachUsersOfBothOnce) {
  RegisterBoth();
  SendToDeviceRequest request;
  *request.mutable_requester() = TestService::As(here_, "PHONE");
  request.set_type("m.test");
  request.set_txn_id("1");
  request.set_body(R"({"messages":{")" + TestService::Id(here_) + R"(":{"*":{}},")" +
                   TestService::Id(there_) + R"(":{"PHONE":{}}}})");
  for (int attempt = 0; attempt < 2; ++attempt)
    EXPECT_EQ(Outcome(accounts_.SendToDevice({}, request)), "200");
  for (const std::string& name : {here_, there_}) {
    ReadSinceRequest read;
    read.set_user_id(TestService::Id(name));
    read.set_device_id("PHONE");
    read.set_to_device_limit(10);
    EXPECT_EQ(accounts_.ReadSince({}, read)->to_device_size(), 1) << name;
  }
}

TEST_F(SharedAccounts, APusherMovesFromAUserOfTheOther) {
  RegisterBoth();
  const std::string pusher =
      R"({"app_id":"a","pushkey":"k","kind":"http","app_display_name":"A","device_display_name":"D",)"
      R"("lang":"en","data":{"url":"https://push/_matrix/push/v1/notify"}})";
  for (const std::string& name : {there_, here_}) {
    ASSERT_EQ(Outcome(accounts_.SetPusher(
                  {}, TestService::Request(TestService::As(name, "PHONE"), pusher))),
              "200");
  }
  ListPushersRequest list;
  *list.mutable_requester() = TestService::As(there_, "PHONE");
  EXPECT_EQ(accounts_.ListPushers({}, list)->json(), R"({"pushers":[]})");
}

TEST_F(SharedAccounts, WhatTheOtherHasWrittenIsReadFresh) {
  RegisterBoth();
  GetUserRequest user;
  user.set_user_id(TestService::Id(there_));
  EXPECT_FALSE(services_[0]->GetUser({}, user)->user().is_admin());
  SetUserFlagsRequest flags;
  flags.set_user_id(user.user_id());
  flags.set_is_admin(true);
  ASSERT_TRUE(accounts_.SetUserFlags({}, flags).ok());
  EXPECT_TRUE(services_[0]->GetUser({}, user)->user().is_admin());
}

TEST_F(SharedAccounts, WhoTakesAPartitionOverKnowsWhatTheOtherDid) {
  RegisterBoth();
  const Partition moved = PartitionOf(TestService::Id(there_), kPartitions);
  GetUserRequest user;
  user.set_user_id(TestService::Id(there_));
  ASSERT_TRUE(services_[0]->GetUser({}, user).ok());
  SetUserFlagsRequest flags;
  flags.set_user_id(user.user_id());
  flags.set_is_locked(true);
  ASSERT_TRUE(services_[1]->SetUserFlags({}, flags).ok());
  services_[1]->ClosePartitions({moved});
  ASSERT_TRUE(services_[0]->OpenPartitions({moved}).ok());
  EXPECT_TRUE(services_[0]->GetUser({}, user)->user().is_locked());
  flags.set_is_locked(false);
  EXPECT_FALSE(services_[1]->SetUserFlags({}, flags).ok()) << "it is not the owner any more";
  EXPECT_TRUE(services_[0]->SetUserFlags({}, flags).ok());
}

}  // namespace
}  // namespace parley::accounts
