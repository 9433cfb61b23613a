// S59, S60: whatever dies, and whenever, every room ends with exactly one event for the last value.

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/synchronization/mutex.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/bus/memory_bus.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"
#include "services/profile/service.h"
#include "services/profile/store.h"

namespace parley::profile {
namespace {

constexpr char kAlice[] = "@alice:x";

// Where the process dies: at the n-th effect on anything outside of its memory, just before it or
// just after. From then on nothing that it does has an effect.
class Failpoint {
 public:
  enum class When { kBefore, kAfter };

  void Arm(int64_t at, When when) {
    absl::MutexLock lock(&mutex_);
    at_ = at;
    when_ = when;
    count_ = 0;
  }
  bool hit() const {
    absl::MutexLock lock(&mutex_);
    return count_ >= at_;
  }

  // Runs `effect` unless the process is dead by then; what the process gets to know of it.
  absl::Status Pass(absl::FunctionRef<absl::Status()> effect) {
    absl::MutexLock lock(&mutex_);
    ++count_;
    const bool dead = count_ > at_ || (count_ == at_ && when_ == When::kBefore);
    if (dead) return absl::UnavailableError("dead");
    const absl::Status status = effect();
    return count_ == at_ ? absl::UnavailableError("dead") : status;
  }

 private:
  mutable absl::Mutex mutex_;
  int64_t at_ = INT64_MAX;
  When when_ = When::kBefore;
  int64_t count_ = 0;
};

class MortalStore final : public store::Store {
 public:
  MortalStore(std::unique_ptr<store::Store> real, Failpoint& failpoint)
      : real_(std::move(real)), failpoint_(failpoint) {}

  absl::Status Enqueue(store::Batch batch, std::optional<store::Fence> fence,
                       store::CommitDone done) override {
    // What was queued is written; a dead process does not get to know.
    absl::Status queued = absl::UnavailableError("dead");
    failpoint_
        .Pass([&] {
          auto tell = [this, done = std::move(done)](absl::Status status) mutable {
            done(failpoint_.hit() ? absl::UnavailableError("dead") : std::move(status));
          };
          return queued = real_->Enqueue(std::move(batch), fence, std::move(tell));
        })
        .IgnoreError();
    return queued;
  }
  absl::Status Read(absl::FunctionRef<absl::Status(store::Reader&)> read) override {
    return real_->Read(read);
  }
  absl::StatusOr<std::vector<store::StreamState>> TakeOver(
      std::string_view service, absl::Span<const Partition> partitions) override {
    return real_->TakeOver(service, partitions);
  }
  uint64_t incarnation() const override { return real_->incarnation(); }

 private:
  const std::unique_ptr<store::Store> real_;
  Failpoint& failpoint_;
};

class Memberships final : public accounts::AccountsFake {
 public:
  explicit Memberships(int rooms) : rooms_(rooms) {}
  absl::StatusOr<accounts::ListMembershipsResponse> ListMemberships(
      const rpc::Call&, const accounts::ListMembershipsRequest&) override {
    accounts::ListMembershipsResponse response;
    for (int i = 0; i < rooms_; ++i)
      response.add_memberships()->set_room_id(absl::StrCat("!", i, ":x"));
    return response;
  }

 private:
  const int rooms_;
};

// What the member events of each room say, in order. Survives the process under test, as `events`
// does.
class Rooms final : public events::EventsFake {
 public:
  explicit Rooms(Failpoint& failpoint) : failpoint_(failpoint) {}

  absl::StatusOr<events::ChangeMembershipResponse> ChangeMembership(
      const rpc::Call&, const events::ChangeMembershipRequest& request) override {
    const absl::Status status = failpoint_.Pass([&] {
      Room& room = rooms_[request.room_id()];
      if (!room.transactions.emplace(request.txn_id(), 0).second) return absl::OkStatus();
      const bool changes =
          room.names.empty() || room.names.back() != request.profile().displayname();
      if (changes) room.names.push_back(request.profile().displayname());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return events::ChangeMembershipResponse();
  }

  std::map<std::string, std::vector<std::string>> names() const {
    std::map<std::string, std::vector<std::string>> all;
    for (const auto& [id, room] : rooms_) all[id] = room.names;
    return all;
  }

 private:
  struct Room {
    std::map<std::string, int> transactions;
    std::vector<std::string> names;
  };
  Failpoint& failpoint_;
  std::map<std::string, Room> rooms_;  // inside the failpoint's lock, or when nothing runs
};

class Announcements final : public presence::PresenceFake {
 public:
  explicit Announcements(Failpoint& failpoint) : failpoint_(failpoint) {}
  absl::StatusOr<presence::AnnounceProfileResponse> AnnounceProfile(
      const rpc::Call&, const presence::AnnounceProfileRequest& request) override {
    const absl::Status status = failpoint_.Pass([&] {
      last_ = request.profile().displayname();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return presence::AnnounceProfileResponse();
  }
  const std::string& last() const { return last_; }

 private:
  Failpoint& failpoint_;
  std::string last_;
};

// The service in a world that outlives it.
class World {
 public:
  explicit World(int rooms) : memberships_(rooms) {
    config_.partitions = 16;
    config_.retry_after = absl::Milliseconds(1);
    config_.settle = absl::Milliseconds(1);
    store_ = std::make_unique<MortalStore>(
        *store::OpenSqlite({.path = folder_.path() + "/store.db", .synchronous = "OFF"},
                           Migrations()),
        failpoint_);
    Restart();
  }

  void Restart() {
    service_.reset();
    failpoint_.Arm(INT64_MAX, Failpoint::When::kBefore);
    service_ = *Service::Open(config_, {*store_, bus_, memberships_, rooms_, presence_, registry_});
  }

  // As a client does: again, until it is answered well. The process dies at the armed effect, once.
  void SetThroughDeath(const std::string& name) {
    while (!Set(name).ok()) Restart();
  }

  // True when all is done; false when the process died before.
  bool RunToEndOrDeath() {
    while (!failpoint_.hit()) {
      if (IsDone()) return true;
      absl::SleepFor(absl::Microseconds(200));  // a poll of the condition above
    }
    return false;
  }
  void RunToEnd() {
    while (!IsDone()) absl::SleepFor(absl::Microseconds(200));
  }

  Failpoint& failpoint() { return failpoint_; }
  std::map<std::string, std::vector<std::string>> names() {
    service_.reset();
    return rooms_.names();
  }
  const std::string& announced() const { return presence_.last(); }

 private:
  absl::Status Set(const std::string& name) {
    SetFieldRequest request;
    request.mutable_requester()->set_user_id(kAlice);
    request.set_user_id(kAlice);
    request.set_field("displayname");
    request.set_value("\"" + name + "\"");
    return service_->SetField({}, request).status();
  }
  bool IsDone() {
    GetPropagationRequest request;
    request.set_user_id(kAlice);
    const auto response = service_->GetPropagation({}, request);
    return response.ok() && response->propagated() == response->generation();
  }

  Failpoint failpoint_;
  TemporaryFolder folder_;
  Config config_;
  bus::MemoryBus bus_;
  Memberships memberships_;
  Rooms rooms_{failpoint_};
  Announcements presence_{failpoint_};
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Service> service_;
};

void ExpectOneEventInEach(World& world, size_t rooms, const std::string& name) {
  const auto names = world.names();
  EXPECT_EQ(names.size(), rooms);
  for (const auto& [room, told] : names) EXPECT_EQ(told, std::vector<std::string>{name}) << room;
  EXPECT_EQ(world.announced(), name);
}

class AtEachStep : public ::testing::TestWithParam<Failpoint::When> {};

TEST_P(AtEachStep, EveryRoomEndsWithOneEvent) {
  constexpr int kRooms = 20;
  for (int64_t at = 1;; ++at) {
    World world(kRooms);
    world.failpoint().Arm(at, GetParam());
    world.SetThroughDeath("Alice");
    const bool undisturbed = world.RunToEndOrDeath() && !world.failpoint().hit() && at > kRooms + 2;
    if (world.failpoint().hit()) world.Restart();
    world.RunToEnd();
    ExpectOneEventInEach(world, kRooms, "Alice");
    if (undisturbed || ::testing::Test::HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(BeforeAndAfter, AtEachStep,
                         ::testing::Values(Failpoint::When::kBefore, Failpoint::When::kAfter));

TEST(Propagation, AThousandRoomsThroughManyDeathsEndWithTheLastValue) {
  constexpr int kRooms = 1000;
  std::mt19937 random(1);
  World world(kRooms);
  for (int death = 0; death < 100; ++death) {
    const auto at = static_cast<int64_t>(1 + random() % (kRooms / 4));
    world.failpoint().Arm(at, death % 2 ? Failpoint::When::kAfter : Failpoint::When::kBefore);
    if (death % 10 == 0) world.SetThroughDeath(absl::StrCat("Alice ", death));
    world.RunToEndOrDeath();
    world.Restart();
  }
  world.SetThroughDeath("The last");
  world.RunToEnd();
  const auto names = world.names();
  ASSERT_EQ(names.size(), size_t{kRooms});
  for (const auto& [room, told] : names) {
    EXPECT_EQ(told.back(), "The last") << room;
    for (size_t i = 1; i < told.size(); ++i) EXPECT_NE(told[i - 1], told[i]) << room;
    EXPECT_EQ(std::count(told.begin(), told.end(), "The last"), 1) << room;
  }
  EXPECT_EQ(world.announced(), "The last");
}

}  // namespace
}  // namespace parley::profile
