#include "services/gateway/sync/presence_waker.h"

#include <atomic>
#include <memory>
#include <string>

#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/room_federation.parley.h"

namespace parley::gateway {
namespace {

constexpr uint32_t kPartitions = 16;
constexpr char kRoom[] = "!room:a";

// Everybody is in one room.
class FakeAccounts final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::ListMembershipsResponse> ListMemberships(
      const rpc::Call&, const accounts::ListMembershipsRequest& request) override {
    ++asked_;
    accounts::ListMembershipsResponse response;
    if (request.user_id() == "@hermit:a") return response;
    auto& membership = *response.add_memberships();
    membership.set_room_id(kRoom);
    membership.set_membership("join");
    return response;
  }

  std::atomic<int> asked_ = 0;
};

class PresenceWakerTest : public ::testing::Test {
 protected:
  PresenceWakerTest() {
    watcher_ = sessions_.Get("@watcher:a", absl::Now());
    sessions_.Listen(watcher_, {kRoom});
    for (Partition p = 0; p < kPartitions; ++p) (void)heard_.accounts.HeardHead(p, 1);
  }
  ~PresenceWakerTest() override { pool_.Drain(); }

  bool WaitForWakes(uint64_t count) {
    const absl::Time end = absl::Now() + absl::Seconds(20);
    while (watcher_->wakes() < count && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
    return watcher_->wakes() >= count;
  }

  FakeAccounts accounts_;
  Heard heard_;
  SessionTable sessions_;
  std::shared_ptr<Session> watcher_;
  events::RoomFederationFake rooms_;
  RemoteRooms remote_{rooms_, Clock::System(), "a"};
  RoomMates room_mates_{accounts_, remote_, sessions_, heard_, kPartitions};
  WorkPool pool_{{.name = "test", .threads = 4, .max_queued = 100}};
  Timers timers_;
  PresenceWaker waker_{{sessions_, room_mates_, timers_, pool_}};
};

TEST_F(PresenceWakerTest, WakesWhoSharesARoom) {
  const uint64_t before = watcher_->wakes();
  waker_.Changed("@alice:a");
  EXPECT_TRUE(WaitForWakes(before + 1));
}

TEST_F(PresenceWakerTest, WakesOnceForManyChangesOfOneTick) {
  const uint64_t before = watcher_->wakes();
  const absl::Time start = absl::Now();
  for (int i = 0; i < 5000; ++i) waker_.Changed("@user" + std::to_string(i % 50) + ":a");
  EXPECT_TRUE(WaitForWakes(before + 1));
  const uint64_t ticks = (absl::Now() - start) / absl::Milliseconds(100) + 2;
  EXPECT_LE(watcher_->wakes() - before, ticks);
}

TEST_F(PresenceWakerTest, WhoIsInNoRoomWakesNobodyElse) {
  const uint64_t before = watcher_->wakes();
  waker_.Changed("@hermit:a");
  while (accounts_.asked_ == 0) absl::SleepFor(absl::Milliseconds(1));
  pool_.Drain();
  EXPECT_EQ(watcher_->wakes(), before);
}

TEST_F(PresenceWakerTest, RoomsAreAskedForOnceUntilSomethingIsHeardOfTheUser) {
  const rpc::Call call;
  for (int i = 0; i < 3; ++i) EXPECT_EQ((*room_mates_.RoomsOf(call, "@alice:a"))->size(), 1u);
  EXPECT_EQ(accounts_.asked_, 1);
  (void)heard_.accounts.Heard(PartitionOf("@alice:a", kPartitions), 2, "@alice:a");
  ASSERT_TRUE(room_mates_.RoomsOf(call, "@alice:a").ok());
  EXPECT_EQ(accounts_.asked_, 2);
}

}  // namespace
}  // namespace parley::gateway
