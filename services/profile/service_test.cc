#include "services/profile/service.h"

#include <map>

#include <absl/synchronization/mutex.h>
#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"
#include "common/status/matrix_error.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"
#include "services/profile/store.h"

namespace parley::profile {
namespace {

// Everybody is joined to the same rooms.
class Memberships final : public accounts::AccountsFake {
 public:
  absl::StatusOr<accounts::ListMembershipsResponse> ListMemberships(
      const rpc::Call&, const accounts::ListMembershipsRequest& request) override {
    accounts::ListMembershipsResponse response;
    for (const char* room : {"!a:x", "!b:x", "!c:x"}) response.add_memberships()->set_room_id(room);
    return response;
  }
};

// Remembers what each room was told; fails while it is told to.
class Rooms final : public events::EventsFake {
 public:
  absl::StatusOr<events::ChangeMembershipResponse> ChangeMembership(
      const rpc::Call&, const events::ChangeMembershipRequest& request) override {
    absl::MutexLock lock(&mutex_);
    ++attempts_;
    if (request.room_id() == "!c:x") return Forbidden("not here any more");
    if (failing_) return absl::UnavailableError("no owner");
    if (request.action() != events::MEMBERSHIP_ACTION_UPDATE_PROFILE)
      return absl::InternalError("wrong action");
    if (!seen_.insert(request.room_id() + " " + request.txn_id()).second)
      return events::ChangeMembershipResponse();
    names_[request.room_id()] =
        request.profile().has_displayname() ? request.profile().displayname() : "(none)";
    return events::ChangeMembershipResponse();
  }

  void set_failing(bool failing) {
    absl::MutexLock lock(&mutex_);
    failing_ = failing;
  }
  void WaitForAttempts(int count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return attempts_ >= count; };
    mutex_.Await(absl::Condition(&enough));
  }
  void WaitUntilAllAre(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    const auto told = [&] { return names_["!a:x"] == name && names_["!b:x"] == name; };
    mutex_.Await(absl::Condition(&told));
  }

 private:
  absl::Mutex mutex_;
  bool failing_ = false;
  int attempts_ = 0;
  std::set<std::string> seen_;
  std::map<std::string, std::string> names_;
};

class Announcements final : public presence::PresenceFake {
 public:
  absl::StatusOr<presence::AnnounceProfileResponse> AnnounceProfile(
      const rpc::Call&, const presence::AnnounceProfileRequest& request) override {
    return presence::AnnounceProfileResponse();
  }
};

class ProfileServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.partitions = 16;
    config_.retry_after = absl::Milliseconds(1);
    config_.settle = absl::Milliseconds(1);
    store_ = *store::OpenSqlite({.path = folder_.path() + "/store.db"}, Migrations());
    Restart();
  }

  void Restart() {
    service_.reset();
    service_ = *Service::Open(config_, {*store_, bus_, memberships_, rooms_, presence_, registry_});
  }

  absl::Status Set(const std::string& field, const std::optional<std::string>& value,
                   const std::string& user = "@alice:a") {
    SetFieldRequest request;
    request.mutable_requester()->set_user_id("@alice:a");
    request.set_user_id(user);
    request.set_field(field);
    if (value) request.set_value(*value);
    return service_->SetField({}, request).status();
  }

  std::string Get(const std::string& field = "") {
    GetProfileRequest request;
    request.set_user_id("@alice:a");
    request.set_field(field);
    const auto response = service_->GetProfile({}, request);
    return response.ok() ? response->json() : FromStatus(response.status()).errcode;
  }

  void Create(const std::string& displayname) {
    CreateProfileRequest request;
    request.set_user_id("@alice:a");
    request.set_displayname(displayname);
    ASSERT_TRUE(service_->CreateProfile({}, request).ok());
  }

  TemporaryFolder folder_;
  Config config_;
  bus::MemoryBus bus_;
  Memberships memberships_;
  Rooms rooms_;
  Announcements presence_;
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Service> service_;
};

TEST_F(ProfileServiceTest, KnowsWhoHasAProfile) {
  EXPECT_EQ(Get(), "M_NOT_FOUND");
  Create("alice");
  Create("other");
  EXPECT_EQ(Get(), R"({"displayname":"alice"})");
  EXPECT_EQ(Get("displayname"), R"({"displayname":"alice"})");
  EXPECT_EQ(Get("avatar_url"), "M_NOT_FOUND");
}

TEST_F(ProfileServiceTest, KeepsFieldsThroughARestart) {
  ASSERT_TRUE(Set("displayname", R"("Alice")").ok());
  ASSERT_TRUE(Set("m.tz", R"("Europe/Berlin")").ok());
  ASSERT_TRUE(Set("com.example.a", "[1]").ok());
  ASSERT_TRUE(Set("com.example.a", std::nullopt).ok());
  Restart();
  EXPECT_EQ(Get(), R"({"displayname":"Alice","m.tz":"Europe/Berlin"})");
}

TEST_F(ProfileServiceTest, RefusesToChangeAnotherUsersProfile) {
  EXPECT_TRUE(HasErrcode(Set("displayname", R"("x")", "@bob:a"), "M_FORBIDDEN"));
}

TEST_F(ProfileServiceTest, GivesNamesForMembershipEvents) {
  ASSERT_TRUE(Set("displayname", R"("Alice")").ok());
  GetManyRequest request;
  request.add_user_ids("@alice:a");
  request.add_user_ids("@nobody:a");
  const GetManyResponse response = *service_->GetMany({}, request);
  ASSERT_EQ(response.profiles().size(), 1u);
  EXPECT_EQ(response.profiles().at("@alice:a").displayname(), "Alice");
  EXPECT_FALSE(response.profiles().at("@alice:a").has_avatar_url());
}

TEST_F(ProfileServiceTest, CarriesANewNameIntoEveryRoom) {
  ASSERT_TRUE(Set("displayname", R"("Alice")").ok());
  rooms_.WaitUntilAllAre("Alice");
  ASSERT_TRUE(Set("displayname", std::nullopt).ok());
  rooms_.WaitUntilAllAre("(none)");
}

TEST_F(ProfileServiceTest, TheLastOfFastChangesIsWhatRoomsEndWith) {
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(Set("displayname", "\"" + std::to_string(i) + "\"").ok());
  rooms_.WaitUntilAllAre("19");
}

TEST_F(ProfileServiceTest, TriesAgainUntilARoomCanBeReached) {
  rooms_.set_failing(true);
  ASSERT_TRUE(Set("displayname", R"("Alice")").ok());
  rooms_.WaitForAttempts(10);
  rooms_.set_failing(false);
  rooms_.WaitUntilAllAre("Alice");
}

TEST_F(ProfileServiceTest, APropagationGoesOnWithWhoTakesThePartition) {
  Create("Alice");
  rooms_.set_failing(true);
  ASSERT_TRUE(Set("displayname", R"("Alicia")").ok());
  rooms_.WaitForAttempts(1);

  metrics::Registry registry;
  Service other(config_, {*store_, bus_, memberships_, rooms_, presence_, registry});
  const Partition moved = PartitionOf("@alice:a", config_.partitions);
  service_->ClosePartitions({moved});
  EXPECT_EQ(Get(), "M_NOT_FOUND") << "it has forgotten her";
  ASSERT_TRUE(other.OpenPartitions({moved}).ok());
  rooms_.set_failing(false);
  rooms_.WaitUntilAllAre("Alicia");
}

TEST_F(ProfileServiceTest, GoesOnWithAPropagationAfterARestart) {
  rooms_.set_failing(true);
  ASSERT_TRUE(Set("displayname", R"("Alice")").ok());
  service_.reset();
  rooms_.set_failing(false);
  Restart();
  rooms_.WaitUntilAllAre("Alice");
}

TEST_F(ProfileServiceTest, ForgetsWhoIsErased) {
  Create("alice");
  EraseProfileRequest request;
  request.set_user_id("@alice:a");
  ASSERT_TRUE(service_->EraseProfile({}, request).ok());
  EXPECT_EQ(Get(), "M_NOT_FOUND");
  Restart();
  EXPECT_EQ(Get(), "M_NOT_FOUND");
}

}  // namespace
}  // namespace parley::profile
