#include "services/gateway/activity.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/testing/manual_clock.h"

namespace parley::gateway {
namespace {

// Writes down each call: "@alice:a 0, @bob:a 1500".
class Told final : public presence::PresenceFake {
 public:
  absl::StatusOr<presence::RecordActivityResponse> RecordActivity(
      const rpc::Call&, const presence::RecordActivityRequest& request) override {
    std::string line;
    for (const auto& activity : request.activities()) {
      line += StrCat(line.empty() ? "" : ", ", activity.user_id(), " ", activity.ago_ms());
    }
    calls.push_back(line);
    return presence::RecordActivityResponse();
  }

  absl::StatusOr<presence::GetPresenceResponse> GetPresence(
      const rpc::Call&, const presence::GetPresenceRequest&) override {
    return presence::GetPresenceResponse();
  }

  std::vector<std::string> calls;
};

class ActivityGatheringTest : public ::testing::Test {
 protected:
  void Act(const std::string& user) {
    presence::RecordActivityRequest request;
    request.add_activities()->set_user_id(user);
    EXPECT_TRUE(gathering_.RecordActivity({}, request).ok());
  }

  Told presence_;
  ::parley::testing::ManualClock clock_;
  ActivityGathering gathering_{presence_, clock_};
};

using Calls = std::vector<std::string>;

TEST_F(ActivityGatheringTest, ActsCostNoCallByThemselves) {
  for (int i = 0; i < 100; ++i) Act("@alice:a");
  EXPECT_EQ(presence_.calls, Calls{});
  gathering_.Tick();
  EXPECT_EQ(presence_.calls, Calls{"@alice:a 0"});
}

TEST_F(ActivityGatheringTest, AllUsersAreToldInOneCall) {
  Act("@alice:a");
  Act("@bob:a");
  gathering_.Tick();
  EXPECT_EQ(presence_.calls.size(), 1u);
}

TEST_F(ActivityGatheringTest, SilenceIsNotTold) {
  gathering_.Tick();
  Act("@alice:a");
  gathering_.Tick();
  clock_.Advance(absl::Minutes(1));
  gathering_.Tick();
  EXPECT_EQ(presence_.calls, Calls{"@alice:a 0"});
}

TEST_F(ActivityGatheringTest, AUserIsToldOnceInTenSecondsWithTheTimeOfTheLatestAct) {
  Act("@alice:a");
  gathering_.Tick();
  for (int second = 1; second <= 9; ++second) {
    clock_.Advance(absl::Seconds(1));
    if (second <= 8) Act("@alice:a");
    gathering_.Tick();
  }
  EXPECT_EQ(presence_.calls.size(), 1u);
  clock_.Advance(absl::Seconds(1));
  gathering_.Tick();
  EXPECT_EQ(presence_.calls, (Calls{"@alice:a 0", "@alice:a 2000"}));
}

TEST_F(ActivityGatheringTest, WhoReadsPresenceFindsWhatWasNotToldYet) {
  Act("@alice:a");
  gathering_.Tick();
  Act("@alice:a");
  clock_.Advance(absl::Milliseconds(300));
  EXPECT_TRUE(gathering_.GetPresence({}, {}).ok());
  EXPECT_TRUE(gathering_.GetPresence({}, {}).ok());
  EXPECT_EQ(presence_.calls, (Calls{"@alice:a 0", "@alice:a 300"}));
}

}  // namespace
}  // namespace parley::gateway
