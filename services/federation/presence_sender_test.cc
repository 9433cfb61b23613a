#include "services/federation/presence_sender.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/memory_bus.h"
#include "common/status/matrix_error.h"
#include "common/testing/manual_clock.h"

namespace parley::federation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kAlice[] = "@alice:own.test";
constexpr absl::Duration kPatience = absl::Seconds(20);

// Everybody is in one room.
class FakeAccounts final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::ListMembershipsResponse> ListMemberships(
      const rpc::Call&, const accounts::ListMembershipsRequest&) override {
    accounts::ListMembershipsResponse response;
    response.add_memberships()->set_room_id("!room:own.test");
    return response;
  }
};

constexpr char kRoom[] = "!room:own.test";

// One room: alice, carol and a user of another server.
class FakeEvents final : public events::EventsFake {
 public:
  absl::StatusOr<events::v1::ListJoinedUsersResponse> ListJoinedUsers(
      const rpc::Call&, const events::v1::ListJoinedUsersRequest& request) override {
    EXPECT_EQ(request.room_ids(0), kRoom);
    events::v1::ListJoinedUsersResponse response;
    for (const char* user : {kAlice, "@bob:far.test", "@carol:own.test"})
      response.add_user_ids(user);
    return response;
  }
};

class FakeRooms final : public events::RoomFederationFake {
 public:
  absl::StatusOr<events::v1::ListRoomServersResponse> ListRoomServers(
      const rpc::Call&, const events::v1::ListRoomServersRequest&) override {
    absl::MutexLock lock(&mutex_);
    ++asked_;
    events::v1::ListRoomServersResponse response;
    for (const std::string& server : servers_) response.add_servers(server);
    return response;
  }

  void WaitForAsked(int times) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return asked_ >= times; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience));
  }

  void Has(std::vector<std::string> servers) {
    absl::MutexLock lock(&mutex_);
    servers_ = std::move(servers);
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> servers_;
  int asked_ = 0;
};

// Says the same of everybody; in a room alice alone is there.
class FakePresence final : public presence::PresenceFake {
 public:
  absl::StatusOr<presence::GetPresenceResponse> GetPresence(
      const rpc::Call&, const presence::GetPresenceRequest&) override {
    absl::MutexLock lock(&mutex_);
    if (state_.empty()) return Forbidden("not for you");
    presence::GetPresenceResponse response;
    response.set_json(StrCat(R"({"presence":")", state_, R"("})"));
    return response;
  }

  absl::StatusOr<presence::ReadSinceResponse> ReadSince(
      const rpc::Call&, const presence::ReadSinceRequest& request) override {
    std::vector<std::string> users(request.users().begin(), request.users().end());
    EXPECT_THAT(users, ElementsAre(kAlice, "@carol:own.test"));
    presence::ReadSinceResponse response;
    response.add_events(StrCat(R"({"content":{"displayname":"Alice","last_active_ago":7,)",
                               R"("presence":"online"},"sender":")", kAlice,
                               R"(","type":"m.presence"})"));
    return response;
  }

  // Empty: nobody may see it.
  void Is(std::string state) {
    absl::MutexLock lock(&mutex_);
    state_ = std::move(state);
  }

 private:
  absl::Mutex mutex_;
  std::string state_ = "online";
};

class PresenceSenderTest : public ::testing::Test {
 protected:
  void Change(std::string state) {
    presence_.Is(std::move(state));
    bus_.Publish({"presence", 0, ++position_, kAlice});
  }

  // The EDUs sent, as soon as there are `count`.
  std::vector<std::string> WaitForSent(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return sent_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), kPatience));
    sent_.resize(std::max(sent_.size(), count));
    return sent_;
  }

  absl::Status Send(const SendEdusRequest& request) {
    absl::MutexLock lock(&mutex_);
    for (const Edu& edu : request.edus()) {
      sent_.push_back(edu.json());
      destinations_.emplace_back(edu.destinations().begin(), edu.destinations().end());
    }
    return absl::OkStatus();
  }

  void ServersAre(std::vector<std::string> servers) {
    rooms_.Has(std::move(servers));
    bus_.Publish({"room_servers", 0, ++position_, kRoom});
  }

  std::vector<std::vector<std::string>> destinations() {
    absl::MutexLock lock(&mutex_);
    return destinations_;
  }

  const Config config_{.server_name = "own.test", .partitions = 1};
  bus::MemoryBus bus_;
  FakeEvents events_;
  FakeRooms rooms_;
  FakeAccounts accounts_;
  FakePresence presence_;
  ::parley::testing::ManualClock clock_;
  int64_t position_ = 0;
  absl::Mutex mutex_;
  std::vector<std::string> sent_;
  std::vector<std::vector<std::string>> destinations_;
  PresenceSender sender_{
      {bus_, events_, rooms_, accounts_, presence_, clock_},
      config_,
      [] { return true; },
      [this](const rpc::Call&, const SendEdusRequest& request) { return Send(request); }};
};

TEST_F(PresenceSenderTest, TellsAChangeOnce) {
  Change("online");
  EXPECT_EQ(WaitForSent(1)[0], R"({"content":{"push":[{"last_active_ago":0,"presence":"online",)"
                               R"("user_id":"@alice:own.test"}]},"edu_type":"m.presence"})");
  Change("online");
  Change("unavailable");
  EXPECT_THAT(WaitForSent(2)[1], HasSubstr("unavailable"));
}

// Others hold who is not heard of for half an hour for offline.
TEST_F(PresenceSenderTest, TellsAgainWhoIsThereAndNotWhoIsGone) {
  Change("online");
  WaitForSent(1);
  clock_.Advance(PresenceSender::kRepeat);
  EXPECT_THAT(WaitForSent(2)[1], HasSubstr("online"));
  Change("offline");
  WaitForSent(3);
  clock_.Advance(2 * PresenceSender::kRepeat);
  Change("unavailable");
  EXPECT_THAT(WaitForSent(4)[3], HasSubstr("unavailable"));
}

TEST_F(PresenceSenderTest, AServerThatIsNewInARoomIsToldTwiceWhoIsThere) {
  ServersAre({"own.test", "far.test"});
  clock_.Advance(PresenceSender::kIntroduceAfter);
  EXPECT_EQ(WaitForSent(1)[0], R"({"content":{"push":[{"last_active_ago":7,"presence":"online",)"
                               R"("user_id":"@alice:own.test"}]},"edu_type":"m.presence"})");
  clock_.Advance(PresenceSender::kIntroduceAgainAfter);
  WaitForSent(2);
  ServersAre({"own.test", "far.test", "new.test"});
  clock_.Advance(PresenceSender::kIntroduceAfter);
  WaitForSent(3);
  clock_.Advance(PresenceSender::kIntroduceAgainAfter);
  WaitForSent(4);
  ServersAre({"own.test", "new.test"});
  clock_.Advance(PresenceSender::kIntroduceAfter);
  rooms_.WaitForAsked(5);
  ServersAre({"own.test", "far.test", "new.test"});
  clock_.Advance(PresenceSender::kIntroduceAfter);
  WaitForSent(5);
  const auto far = ElementsAre("far.test"), new_one = ElementsAre("new.test");
  EXPECT_THAT(destinations(), ElementsAre(far, far, new_one, new_one, far));
}

TEST_F(PresenceSenderTest, WhoComesIntoASharedRoomIsToldAgain) {
  Change("online");
  WaitForSent(1);
  bus_.Publish({"shared_joins", 0, 1, kAlice});
  EXPECT_THAT(WaitForSent(2)[1], HasSubstr(kAlice));
}

TEST_F(PresenceSenderTest, WhoLetsNobodySeeThemIsOffline) {
  Change("online");
  WaitForSent(1);
  Change("");
  EXPECT_THAT(WaitForSent(2)[1], HasSubstr(R"("presence":"offline")"));
}

}  // namespace
}  // namespace parley::federation
