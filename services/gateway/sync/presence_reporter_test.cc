#include "services/gateway/sync/presence_reporter.h"

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "parley/presence/v1/presence.parley.h"

namespace parley::gateway {
namespace {

// `presence`, which keeps what it is told.
class FakePresence final : public presence::PresenceFake {
 public:
  absl::StatusOr<presence::ReportSessionsResponse> ReportSessions(
      const rpc::Call&, const presence::ReportSessionsRequest& request) override {
    absl::MutexLock lock(&mutex_);
    if (fails_ > 0) {
      --fails_;
      return absl::UnavailableError("down");
    }
    for (const auto& session : request.sessions()) {
      told_.push_back(session.device_id() + " " +
                      (session.ended() ? "gone" : session.set_presence()));
    }
    return presence::ReportSessionsResponse();
  }

  void Fail(int times) {
    absl::MutexLock lock(&mutex_);
    fails_ = times;
  }
  // Waits until so much was told, and returns it.
  std::vector<std::string> Wait(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto told = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return told_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&told), absl::Seconds(20)));
    return told_;
  }

 private:
  absl::Mutex mutex_;
  int fails_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
};

common::v1::Requester Device(const std::string& id) {
  common::v1::Requester requester;
  requester.set_user_id("@alice:a");
  requester.set_device_id(id);
  return requester;
}

using Told = std::vector<std::string>;

class PresenceReporterTest : public ::testing::Test {
 protected:
  FakePresence presence_;
  PresenceReporter reporter_{presence_, "gateway"};
};

TEST_F(PresenceReporterTest, TellsOfADeviceThatComesAndOnceOfItsEnd) {
  auto open = reporter_.Open(Device("A"), "online");
  EXPECT_EQ(presence_.Wait(1), Told{"A online"});
  open.reset();
  EXPECT_EQ(presence_.Wait(2), (Told{"A online", "A gone"}));
}

TEST_F(PresenceReporterTest, WhoseSyncsFollowEachOtherHasNotGone) {
  auto open = reporter_.Open(Device("A"), "online");
  presence_.Wait(1);
  for (int i = 0; i < 100; ++i) {
    open.reset();
    open = reporter_.Open(Device("A"), "online");
  }
  auto other = reporter_.Open(Device("B"), "online");
  EXPECT_EQ(presence_.Wait(2), (Told{"A online", "B online"}));
}

TEST_F(PresenceReporterTest, TellsAnotherStateAtOnce) {
  const auto open = reporter_.Open(Device("A"), "online");
  presence_.Wait(1);
  const auto again = reporter_.Open(Device("A"), "unavailable");
  EXPECT_EQ(presence_.Wait(2), (Told{"A online", "A unavailable"}));
}

TEST_F(PresenceReporterTest, TellsEverythingAgainToANewOwner) {
  auto stays = reporter_.Open(Device("A"), "online");
  presence_.Wait(1);
  reporter_.Open(Device("B"), "online").reset();
  presence_.Wait(3);
  reporter_.RepeatAll();
  const Told told = presence_.Wait(5);
  EXPECT_EQ((std::set<std::string>{told[3], told[4]}),
            (std::set<std::string>{"A online", "B gone"}));
}

TEST_F(PresenceReporterTest, RepeatsWhatDidNotArrive) {
  presence_.Fail(2);
  const auto open = reporter_.Open(Device("A"), "online");
  EXPECT_EQ(presence_.Wait(1), Told{"A online"});
}

}  // namespace
}  // namespace parley::gateway
