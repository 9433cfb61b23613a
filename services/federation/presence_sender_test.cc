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

// Says the same of everybody.
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
    for (const Edu& edu : request.edus()) sent_.push_back(edu.json());
    return absl::OkStatus();
  }

  const Config config_{.server_name = "own.test", .partitions = 1};
  bus::MemoryBus bus_;
  FakeAccounts accounts_;
  FakePresence presence_;
  ::parley::testing::ManualClock clock_;
  int64_t position_ = 0;
  absl::Mutex mutex_;
  std::vector<std::string> sent_;
  PresenceSender sender_{
      {bus_, accounts_, presence_, clock_},
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

TEST_F(PresenceSenderTest, WhoLetsNobodySeeThemIsOffline) {
  Change("online");
  WaitForSent(1);
  Change("");
  EXPECT_THAT(WaitForSent(2)[1], HasSubstr(R"("presence":"offline")"));
}

}  // namespace
}  // namespace parley::federation
