#include "services/presence/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/partition.h"
#include "common/bus/memory_bus.h"
#include "common/status/matrix_error.h"
#include "common/status/wrong_owner.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/manual_clock.h"
#include "common/testing/temporary_folder.h"
#include "services/presence/store.h"

namespace parley::presence {
namespace {

// Knows the names of everybody: "Name of <user>".
class NamingProfile final : public profile::ProfileFake {
 public:
  absl::StatusOr<profile::GetManyResponse> GetMany(const rpc::Call&, const profile::GetManyRequest& request) override {
    profile::GetManyResponse response;
    for (const std::string& user : request.user_ids()) {
      (*response.mutable_profiles())[user].set_displayname("Name of " + user);
    }
    return response;
  }
};

class PresenceServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.partitions = 16;
    store_ = *store::OpenSqlite({.path = folder_.path() + "/store.db"}, Migrations());
    Restart();
  }

  void Restart() {
    service_.reset();
    service_ = *Service::Open(config_, {*store_, bus_, profile_, clock_, registry_});
  }

  void SetAudience(const std::string& visibility, std::vector<std::string> direct = {}) {
    SetAudienceRequest request;
    request.set_user_id("@alice:a");
    request.set_visibility(visibility);
    for (const std::string& user : direct) request.mutable_direct()->add_user_ids(user);
    ASSERT_TRUE(service_->SetAudience({}, request).ok());
  }

  absl::Status Set(const std::string& user, const std::string& presence, const std::string& device = "A") {
    SetPresenceRequest request;
    request.mutable_requester()->set_user_id(user);
    request.mutable_requester()->set_device_id(device);
    request.set_presence(presence);
    return service_->SetPresence({}, request).status();
  }

  void Sync(const std::string& user, bool ended = false) {
    ReportSessionsRequest request;
    Session& session = *request.add_sessions();
    session.set_user_id(user);
    session.set_device_id("A");
    session.set_ended(ended);
    ASSERT_TRUE(service_->ReportSessions({}, request).ok());
  }

  std::string Get(const std::string& viewer, const std::string& user) {
    GetPresenceRequest request;
    request.mutable_requester()->set_user_id(viewer);
    request.set_user_id(user);
    request.set_all_states(all_states_);
    const auto response = service_->GetPresence({}, request);
    return response.ok() ? response->json() : FromStatus(response.status()).errcode;
  }

  // Alice's own server says so.
  void Receive(const std::string& presence) {
    ReceiveRemoteRequest request;
    RemoteUser& user = *request.add_users();
    user.set_user_id("@alice:a");
    user.set_presence(presence);
    user.set_status_msg("far away");
    user.set_last_active_ago_ms(5000);
    user.set_currently_active(true);
    ASSERT_TRUE(service_->ReceiveRemote({}, request).ok());
  }

  // What `viewer` hears of alice since it last asked.
  std::vector<std::string> News(const std::string& viewer) {
    ReadSinceRequest request;
    request.mutable_requester()->set_user_id(viewer);
    request.add_users("@alice:a");
    request.set_all_states(all_states_);
    for (const common::v1::Head& head : heads_[viewer]) *request.add_since() = head;
    ReadSinceResponse response = *service_->ReadSince({}, request);
    heads_[viewer].assign(response.heads().begin(), response.heads().end());
    return {response.events().begin(), response.events().end()};
  }

  TemporaryFolder folder_;
  bool all_states_ = true;
  Config config_;
  bus::MemoryBus bus_;
  NamingProfile profile_;
  ::parley::testing::ManualClock clock_;
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Service> service_;
  std::map<std::string, std::vector<common::v1::Head>> heads_;
};

TEST_F(PresenceServiceTest, TellsAStatusAndHowLongAgo) {
  Sync("@alice:a");
  clock_.Advance(absl::Milliseconds(1500));
  EXPECT_EQ(Get("@bob:a", "@alice:a"), R"({"currently_active":true,"last_active_ago":1500,"presence":"online"})");
  EXPECT_EQ(Get("@bob:a", "@nobody:a"), R"({"presence":"offline"})");
}

TEST_F(PresenceServiceTest, RefusesUnknownStates) {
  EXPECT_TRUE(HasErrcode(Set("@alice:a", "bogus"), "M_INVALID_PARAM"));
}

TEST_F(PresenceServiceTest, TellsEachChangeOnce) {
  EXPECT_TRUE(News("@bob:a").empty());
  Sync("@alice:a");
  EXPECT_EQ(News("@bob:a"),
            std::vector<std::string>{R"({"content":{"currently_active":true,"displayname":"Name of @alice:a",)"
                                     R"("last_active_ago":0,"presence":"online"},"sender":"@alice:a","type":"m.presence"})"});
  EXPECT_TRUE(News("@bob:a").empty());
}

TEST_F(PresenceServiceTest, WhoComesToOwnAPartitionGoesOnWhereTheOtherHasStopped) {
  Service other(config_, {*store_, bus_, profile_, clock_, registry_});
  Sync("@alice:a");
  EXPECT_TRUE(Set("@alice:a", "free_for_chat").ok());
  const Partition p = PartitionOf("@alice:a", config_.partitions);
  service_->ClosePartitions({p});
  EXPECT_TRUE(IsWrongOwner(Set("@alice:a", "online")));
  ASSERT_TRUE(other.OpenPartitions({p}).ok());
  EXPECT_EQ(service_->Heads({}, {})->heads_size(), 15);
  EXPECT_EQ(other.Heads({}, {})->heads_size(), 1);
  GetPresenceRequest request;
  request.set_user_id("@alice:a");
  request.set_all_states(true);
  EXPECT_THAT(other.GetPresence({}, request)->json(), ::testing::HasSubstr("free_for_chat"));
}

TEST_F(PresenceServiceTest, KnowsWhoWasSavedWhenAllUsersWereInOnePartition) {
  config_.partitions = 1;
  Restart();
  ASSERT_NE(PartitionOf("@alice:a", 16), 0u);
  ASSERT_TRUE(Set("@alice:a", "hidden").ok());
  SetAudience("off");
  config_.partitions = 16;
  Restart();
  EXPECT_THAT(Get("@alice:a", "@alice:a"), ::testing::HasSubstr("hidden"));
  EXPECT_EQ(Get("@bob:a", "@alice:a"), "M_FORBIDDEN");
  ASSERT_TRUE(Set("@alice:a", "free_for_chat").ok());
  Restart();
  EXPECT_THAT(Get("@alice:a", "@alice:a"), ::testing::HasSubstr("free_for_chat"));
}

TEST_F(PresenceServiceTest, WhoHasLostAPartitionWritesNothing) {
  Service other(config_, {*store_, bus_, profile_, clock_, registry_});
  ASSERT_TRUE(other.OpenPartitions({PartitionOf("@alice:a", config_.partitions)}).ok());
  EXPECT_TRUE(IsWrongOwner(Set("@alice:a", "online")));
}

// Who was there when the owner died is there for the next one, until gateways had time to say so.
TEST_F(PresenceServiceTest, ShowsThroughARestartWhatItShowedBefore) {
  Sync("@alice:a");
  ASSERT_TRUE(Set("@alice:a", "free_for_chat").ok());
  clock_.Advance(absl::Seconds(3));
  service_->Tick();
  const std::string before = Get("@bob:a", "@alice:a");
  Restart();
  EXPECT_EQ(Get("@bob:a", "@alice:a"), before);
  EXPECT_EQ(News("@bob:a").size(), 1u) << "told again: not everybody may have heard";
  clock_.Advance(absl::Seconds(9));
  Sync("@alice:a");
  clock_.Advance(absl::Seconds(9));
  service_->Tick();
  EXPECT_TRUE(News("@bob:a").empty());
}

TEST_F(PresenceServiceTest, WhoDoesNotComeBackAfterARestartIsGone) {
  Sync("@alice:a");
  service_->Tick();
  Restart();
  News("@bob:a");
  clock_.Advance(absl::Seconds(11));
  service_->Tick();
  ASSERT_EQ(News("@bob:a").size(), 1u);
  EXPECT_NE(Get("@bob:a", "@alice:a").find("offline"), std::string::npos);
}

// S40: neither the restart nor what they did before it tells one from the other.
TEST_F(PresenceServiceTest, ARestartTellsNothingOfWhoHides) {
  Sync("@alice:a");
  ASSERT_TRUE(Set("@alice:a", "hidden").ok());
  clock_.Advance(absl::Minutes(10));
  RecordActivityRequest act;
  act.add_activities()->set_user_id("@alice:a");
  ASSERT_TRUE(service_->RecordActivity({}, act).ok());
  service_->Tick();
  const std::string before = Get("@bob:a", "@alice:a");
  Restart();
  EXPECT_EQ(Get("@bob:a", "@alice:a"), before);
  const common::v1::HeadsResponse heads = *service_->Heads({}, {});
  for (const common::v1::Head& head : heads.heads()) {
    heads_["@bob:a"].push_back(head);
    heads_["@bob:a"].back().set_position(0);
  }
  EXPECT_TRUE(News("@bob:a").empty());
}

TEST_F(PresenceServiceTest, TellsThreeStatesToWhoDidNotAskForMore) {
  all_states_ = false;
  Sync("@alice:a");
  for (const auto& [chosen, told] : std::map<std::string, std::string>{
           {"free_for_chat", "online"}, {"hidden", "offline"}, {"unavailable", "unavailable"}}) {
    ASSERT_TRUE(Set("@alice:a", chosen).ok());
    for (const std::string viewer : {"@alice:a", "@bob:a"})
      EXPECT_NE(Get(viewer, "@alice:a").find("\"presence\":\"" + told), std::string::npos) << chosen;
  }
}

// MSC3026
TEST_F(PresenceServiceTest, TakesBusyOnlyWhereItIsTurnedOn) {
  EXPECT_TRUE(HasErrcode(Set("@alice:a", "busy"), "M_INVALID_PARAM"));
  config_.busy = true;
  all_states_ = false;
  for (const std::string name : {"busy", "org.matrix.msc3026.busy"}) {
    ASSERT_TRUE(Set("@alice:a", name).ok());
    EXPECT_NE(Get("@bob:a", "@alice:a").find("org.matrix.msc3026.busy"), std::string::npos);
  }
}

TEST_F(PresenceServiceTest, IsSeenByWhomTheUserLets) {
  Sync("@alice:a");
  SetAudience("direct", {"@bob:a", "@bob:a", "nobody"});
  EXPECT_NE(Get("@bob:a", "@alice:a").find("online"), std::string::npos);
  EXPECT_EQ(Get("@carol:a", "@alice:a"), "M_FORBIDDEN");
  SetAudience("off", {"@bob:a"});
  EXPECT_EQ(Get("@bob:a", "@alice:a"), "M_FORBIDDEN");
  EXPECT_NE(Get("@alice:a", "@alice:a").find("online"), std::string::npos);
  Restart();
  EXPECT_EQ(Get("@bob:a", "@alice:a"), "M_FORBIDDEN");
  SetAudience("");
  EXPECT_NE(Get("@bob:a", "@alice:a").find("presence"), std::string::npos);
}

TEST_F(PresenceServiceTest, WhoMayNotSeeAnyMoreIsToldOnceThatTheUserIsOffline) {
  Sync("@alice:a");
  News("@bob:a");
  SetAudience("off");
  const auto news = News("@bob:a");
  ASSERT_EQ(news.size(), 1u);
  EXPECT_NE(news[0].find(R"("content":{"displayname":"Name of @alice:a","presence":"offline"})"), std::string::npos)
      << news[0];
  ASSERT_TRUE(Set("@alice:a", "unavailable").ok());
  EXPECT_TRUE(News("@bob:a").empty());
  SetAudience("rooms");
  ASSERT_EQ(News("@bob:a").size(), 1u);
}

TEST_F(PresenceServiceTest, TheServerLimitsWhomUsersLetSee) {
  config_.visibility = "direct";
  Restart();
  Sync("@alice:a");
  SetAudience("rooms", {"@bob:a"});
  EXPECT_NE(Get("@bob:a", "@alice:a").find("online"), std::string::npos);
  EXPECT_EQ(Get("@carol:a", "@alice:a"), "M_FORBIDDEN");
}

TEST_F(PresenceServiceTest, LowersWhoHasGoneByTimeAlone) {
  Sync("@alice:a");
  News("@bob:a");
  Sync("@alice:a", /*ended=*/true);
  clock_.Advance(absl::Seconds(11));
  service_->Tick();
  ASSERT_EQ(News("@bob:a").size(), 1u);
  EXPECT_NE(Get("@bob:a", "@alice:a").find("offline"), std::string::npos);
}

// Seed S38: who is asked about by a place in this epoch, even its beginning, is told of those who have gone.
TEST_F(PresenceServiceTest, TellsWhoHasGoneToWhoMayHoldThemForOnline) {
  Sync("@alice:a");
  Sync("@alice:a", /*ended=*/true);
  clock_.Advance(absl::Seconds(11));
  service_->Tick();
  EXPECT_TRUE(News("@bob:a").empty()) << "new here: knows nobody for online";
  const common::v1::HeadsResponse heads = *service_->Heads({}, {});
  for (common::v1::Head head : heads.heads()) {
    head.set_position(0);
    heads_["@carol:a"].push_back(head);
  }
  ASSERT_EQ(News("@carol:a").size(), 1u);
}

TEST_F(PresenceServiceTest, TellsANewNameWithThePresenceAsItIs) {
  Sync("@alice:a");
  News("@bob:a");
  AnnounceProfileRequest request;
  request.set_user_id("@alice:a");
  request.mutable_profile()->set_avatar_url("mxc://a/b");
  ASSERT_TRUE(service_->AnnounceProfile({}, request).ok());
  const auto news = News("@bob:a");
  ASSERT_EQ(news.size(), 1u);
  EXPECT_NE(news[0].find(R"("avatar_url":"mxc://a/b")"), std::string::npos);
  EXPECT_NE(news[0].find(R"("presence":"online")"), std::string::npos);
  EXPECT_EQ(news[0].find("displayname"), std::string::npos);
}

TEST_F(PresenceServiceTest, KeepsWhoHidesHiddenThroughARestart) {
  ASSERT_TRUE(Set("@alice:a", "hidden").ok());
  Restart();
  Sync("@alice:a");
  EXPECT_NE(Get("@bob:a", "@alice:a").find(R"("presence":"offline")"), std::string::npos);
  EXPECT_NE(Get("@alice:a", "@alice:a").find(R"("presence":"hidden")"), std::string::npos);
  News("@bob:a");
  EXPECT_TRUE(News("@bob:a").empty());
  EXPECT_EQ(News("@alice:a").size(), 1u);
}

// Seed S50: how long ago is a time on arrival, and told as of now.
TEST_F(PresenceServiceTest, ShowsWhatAnotherServerSaysOfItsUser) {
  News("@bob:b");
  Receive("online");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Get("@bob:b", "@alice:a"), R"({"currently_active":true,"last_active_ago":6000,"presence":"online",)"
                                       R"("status_msg":"far away"})");
  EXPECT_EQ(News("@bob:b").size(), 1u);
  Receive("online");
  EXPECT_TRUE(News("@bob:b").empty());
}

TEST_F(PresenceServiceTest, AnotherServersUserIsOfflineWhenNothingIsHeardForLong) {
  Receive("online");
  clock_.Advance(config_.remote_lifetime / 2);
  Receive("online");
  clock_.Advance(config_.remote_lifetime - absl::Seconds(1));
  service_->Tick();
  News("@bob:b");
  EXPECT_NE(Get("@bob:b", "@alice:a").find(R"("presence":"online")"), std::string::npos);
  clock_.Advance(absl::Seconds(2));
  service_->Tick();
  EXPECT_EQ(News("@bob:b").size(), 1u);
  EXPECT_NE(Get("@bob:b", "@alice:a").find(R"("presence":"offline")"), std::string::npos);
}

TEST_F(PresenceServiceTest, AnotherServersUserIsThereThroughARestart) {
  Receive("unavailable");
  service_->Tick();
  const std::string before = Get("@bob:b", "@alice:a");
  Restart();
  EXPECT_EQ(Get("@bob:b", "@alice:a"), before);
  clock_.Advance(config_.remote_lifetime + absl::Seconds(1));
  service_->Tick();
  EXPECT_NE(Get("@bob:b", "@alice:a").find(R"("presence":"offline")"), std::string::npos);
}

}  // namespace
}  // namespace parley::presence
