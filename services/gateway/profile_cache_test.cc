#include "services/gateway/profile_cache.h"

#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "common/base/partition.h"
#include "common/bus/testing/unreliable_bus.h"
#include "common/testing/manual_clock.h"

namespace parley::gateway {
namespace {

constexpr uint32_t kPartitions = 16;
const std::string kAlice = "@alice:a";
const std::string kBob = "@bob:a";

// Names in memory; counts the users it is asked for.
class Names final : public profile::ProfileFake {
 public:
  absl::StatusOr<profile::GetManyResponse> GetMany(
      const rpc::Call&, const profile::GetManyRequest& request) override {
    profile::GetManyResponse response;
    for (const std::string& user : request.user_ids()) {
      ++asked;
      (*response.mutable_profiles())[user].set_displayname(names[user]);
    }
    if (meanwhile) meanwhile();
    return response;
  }
  absl::StatusOr<profile::SetFieldResponse> SetField(
      const rpc::Call&, const profile::SetFieldRequest& request) override {
    names[request.user_id()] = request.value();
    return profile::SetFieldResponse();
  }

  std::map<std::string, std::string> names = {{kAlice, "Alice"}, {kBob, "Bob"}};
  int asked = 0;
  std::function<void()> meanwhile;
};

class ProfileCacheTest : public ::testing::Test {
 protected:
  std::string NameOf(const std::string& user) { return NameOf(cache_, user); }
  static std::string NameOf(ProfileCache& cache, const std::string& user) {
    profile::GetManyRequest request;
    request.add_user_ids(user);
    return cache.GetMany({}, request)->profiles().at(user).displayname();
  }
  void WakeOf(const std::string& user) {
    bus_.Publish({"profile", PartitionOf(user, kPartitions), 1, user});
  }
  void Heartbeat() {
    bus::Heartbeat heartbeat;
    heartbeat.services = {"profile"};
    for (Partition p = 0; p < kPartitions; ++p) heartbeat.alive.push_back(p);
    bus_.PublishHeartbeat(heartbeat);
  }

  Names profile_;
  bus::UnreliableBus bus_;
  ::parley::testing::ManualClock clock_;
  bus::HeadWatcher heads_{bus_, clock_, {.services = {"profile"}, .poll = [](const std::string&) {
                                           return std::vector<bus::Head>();
                                         }}};
  ProfileCache cache_{kPartitions, {profile_, bus_, heads_}};
};

TEST_F(ProfileCacheTest, AsksOnceWhileThePartitionIsHeard) {
  Heartbeat();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(NameOf(kAlice), "Alice");
  EXPECT_EQ(profile_.asked, 1);
}

TEST_F(ProfileCacheTest, AsksOnlyForThoseItDoesNotKnow) {
  Heartbeat();
  NameOf(kAlice);
  profile::GetManyRequest both;
  both.add_user_ids(kAlice);
  both.add_user_ids(kBob);
  EXPECT_EQ(cache_.GetMany({}, both)->profiles_size(), 2);
  EXPECT_EQ(profile_.asked, 2);
}

TEST_F(ProfileCacheTest, AsksAgainWhenThePartitionFallsSilent) {
  Heartbeat();
  NameOf(kAlice);
  clock_.Advance(absl::Seconds(3));
  profile_.names[kAlice] = "Alicia";
  EXPECT_EQ(NameOf(kAlice), "Alicia");
}

TEST_F(ProfileCacheTest, SeesAChangeThatAWakeTold) {
  Heartbeat();
  NameOf(kAlice);
  NameOf(kBob);
  profile_.names[kAlice] = "Alicia";
  WakeOf(kAlice);
  EXPECT_EQ(NameOf(kAlice), "Alicia");
  EXPECT_EQ(NameOf(kBob), "Bob");
  EXPECT_EQ(profile_.asked, 3);
}

TEST_F(ProfileCacheTest, SeesAChangeThatAHeadTold) {
  Heartbeat();
  NameOf(kAlice);
  profile_.names[kAlice] = "Alicia";
  cache_.OnHead({{"profile", PartitionOf(kAlice, kPartitions)}, 7});
  EXPECT_EQ(NameOf(kAlice), "Alicia");
}

TEST_F(ProfileCacheTest, SeesItsOwnGatewaysChangeWithoutAWake) {
  Heartbeat();
  NameOf(kAlice);
  profile::SetFieldRequest request;
  request.set_user_id(kAlice);
  request.set_value("Alicia");
  EXPECT_TRUE(cache_.SetField({}, request).ok());
  EXPECT_EQ(NameOf(kAlice), "Alicia");
}

TEST_F(ProfileCacheTest, DoesNotKeepAnAnswerThatAChangeOvertook) {
  Heartbeat();
  profile_.meanwhile = [this] { WakeOf(kAlice); };
  NameOf(kAlice);
  profile_.meanwhile = nullptr;
  profile_.names[kAlice] = "Alicia";
  EXPECT_EQ(NameOf(kAlice), "Alicia");
}

TEST_F(ProfileCacheTest, KeepsNoMoreThanItMay) {
  Heartbeat();
  ProfileCache small(kPartitions, {profile_, bus_, heads_}, /*max_entries=*/1);
  NameOf(small, kAlice);
  NameOf(small, kBob);
  NameOf(small, kAlice);
  EXPECT_EQ(profile_.asked, 3);
}

}  // namespace
}  // namespace parley::gateway
