#include "common/lease/keeper.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <absl/algorithm/container.h>
#include <absl/time/clock.h>
#include <gmock/gmock.h>

#include "common/bus/memory_bus.h"
#include "common/lease/directory.h"
#include "common/store/postgres/postgres_store.h"
#include "common/store/postgres/testing/postgres_server.h"

namespace parley::lease {
namespace {

constexpr uint32_t kUnits = 16;
constexpr absl::Duration kSoon = absl::Seconds(20);

store::PostgresServer& Server() {
  static store::PostgresServer server;  // ends with the test
  return server;
}

// What a process has open, as its service would.
class OpenUnitsOf final : public Holder {
 public:
  absl::Status OpenUnits(const std::string&, absl::Span<const Partition> units) override {
    absl::MutexLock lock(&mutex_);
    open_.insert(units.begin(), units.end());
    return absl::OkStatus();
  }
  void CloseUnits(const std::string&, absl::Span<const Partition> units) override {
    absl::MutexLock lock(&mutex_);
    for (const Partition unit : units) open_.erase(unit);
  }
  std::set<Partition> open() const {
    absl::MutexLock lock(&mutex_);
    return open_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::set<Partition> open_ ABSL_GUARDED_BY(mutex_);
};

// A process of the service "rooms".
struct Replica {
  Replica(const store::postgres::ConnectionOptions& server, bus::Bus& bus, std::string address,
          absl::Duration lifetime = absl::Seconds(10))
      : keeper({.server = server,
                .services = {{"rooms", &ownership}},
                .units = {{"rooms", kUnits}},
                .address = std::move(address),
                .lifetime = lifetime,
                .heartbeat = absl::Milliseconds(50),
                .patience = absl::Seconds(1)},
               bus, holder, probe) {
    keeper.Start();
  }
  size_t share() const { return holder.open().size(); }

  Ownership ownership{kUnits};
  OpenUnitsOf holder;
  LeaseProbe probe;
  Keeper keeper;
};

class Leases : public testing::Test {
 protected:
  Leases() {
    static int number = 0;
    const std::string name = "leases" + std::to_string(number++);
    Server().CreateDatabase(name);
    options_.host = Server().host();
    options_.database = name;
    options_.user = "parley";
    store_ = *store::OpenPostgres({.server = options_}, Migrations());
    directory_ = std::make_unique<Directory>(options_, std::map<std::string, uint32_t>{{"rooms", kUnits}},
                                             absl::Milliseconds(50), bus_);
  }

  std::unique_ptr<Replica> Start(const std::string& address) {
    return std::make_unique<Replica>(options_, bus_, address);
  }

  // Every unit is open in one of them, none in two, and nobody has more than a fair share.
  bool Share(const std::vector<Replica*>& replicas) const {
    std::multiset<Partition> open;
    for (const Replica* replica : replicas) {
      const std::set<Partition> units = replica->holder.open();
      open.insert(units.begin(), units.end());
      if (units.size() > (kUnits + replicas.size() - 1) / replicas.size()) return false;
      if (units.size() < kUnits / replicas.size()) return false;
    }
    return open.size() == kUnits && std::set<Partition>(open.begin(), open.end()).size() == kUnits;
  }

  bool ShareSoon(const std::vector<Replica*>& replicas) const {
    const absl::Time end = absl::Now() + kSoon;
    while (!Share(replicas) && absl::Now() < end) absl::SleepFor(absl::Milliseconds(5));
    return Share(replicas);
  }

  bus::MemoryBus bus_;
  store::postgres::ConnectionOptions options_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Directory> directory_;
};

TEST_F(Leases, AreSharedAndMoveWhenOneJoinsOrLeaves) {
  auto a = Start("a");
  ASSERT_TRUE(ShareSoon({a.get()}));
  auto b = Start("b"), c = Start("c");
  ASSERT_TRUE(ShareSoon({a.get(), b.get(), c.get()}));
  b->keeper.Stop();
  EXPECT_EQ(b->share(), 0u);
  ASSERT_TRUE(ShareSoon({a.get(), c.get()}));
}

TEST_F(Leases, LeadToTheirOwners) {
  auto a = Start("a"), b = Start("b");
  ASSERT_TRUE(ShareSoon({a.get(), b.get()}));
  for (Partition unit = 0; unit < kUnits; ++unit) {
    const std::string owner = a->holder.open().contains(unit) ? "a" : "b";
    const absl::Time end = absl::Now() + kSoon;
    while (directory_->Of("rooms", unit).address != owner && absl::Now() < end) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    EXPECT_EQ(directory_->Of("rooms", unit).address, owner) << unit;
  }
  EXPECT_EQ(directory_->Owners("rooms").size(), 2u);
}

// As when the connection breaks between the claim and its answer.
TEST_F(Leases, OfOneThatDoesNotKnowOfThemAreSharedAnew) {
  auto a = Start("a"), b = Start("b");
  ASSERT_TRUE(ShareSoon({a.get(), b.get()}));
  Server().Run(options_.database,
               "UPDATE leases SET owner = (SELECT max(owner) FROM leases) WHERE p = (SELECT min(p) "
               "FROM leases WHERE owner = (SELECT min(owner) FROM leases))");
  const absl::Time end = absl::Now() + kSoon;
  while (a->share() + b->share() == kUnits && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
  ASSERT_TRUE(ShareSoon({a.get(), b.get()}));
}

// As when it breaks between the claim and the address.
TEST_F(Leases, AreToldAgainWhereTheTableDoesNotSayWhoServes) {
  auto a = Start("a");
  ASSERT_TRUE(ShareSoon({a.get()}));
  Server().Run(options_.database, "UPDATE leases SET address = ''");
  auto table = *LeaseTable::Open(options_);
  const auto is_told = [&table] {
    const auto owners = *table->Owners("rooms");
    return absl::c_all_of(owners, [](const Owner& owner) { return owner.address == "a"; });
  };
  const absl::Time end = absl::Now() + kSoon;
  while (!is_told() && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_TRUE(is_told());
}

// Only by its connection's end: its lease would last for ten seconds.
TEST_F(Leases, OfOneThatIsKilledAreTakenOver) {
  auto a = Start("a");
  ASSERT_TRUE(ShareSoon({a.get()}));
  auto b = Start("b");
  ASSERT_TRUE(ShareSoon({a.get(), b.get()}));
  auto table = *LeaseTable::Open(options_);
  const MemberId dead = 77;
  ASSERT_TRUE(table->Join("rooms", dead, absl::Seconds(60)).ok());
  const absl::Time end = absl::Now() + kSoon;
  while (a->share() + b->share() > 11 && absl::Now() < end) absl::SleepFor(absl::Milliseconds(5));
  ASSERT_EQ(a->share() + b->share(), 11u);  // the rest waits for the third
  table.reset();
  EXPECT_TRUE(ShareSoon({a.get(), b.get()}));
}

// A process that stands still keeps its connection: its share goes when its leases end.
TEST_F(Leases, OfOneThatIsSilentEnd) {
  auto a = Start("a");
  ASSERT_TRUE(ShareSoon({a.get()}));
  auto table = *LeaseTable::Open(options_);
  ASSERT_TRUE(table->Join("rooms", 77, absl::Milliseconds(300)).ok());
  const absl::Time begin = absl::Now();
  while (a->share() == kUnits && absl::Now() < begin + kSoon) absl::SleepFor(absl::Milliseconds(5));
  const auto claimed = table->Claim("rooms", std::vector<Partition>{0, 15}, 77, {});
  ASSERT_TRUE(claimed.ok());
  EXPECT_TRUE(ShareSoon({a.get()}));
}

TEST(Ownership, LetsNobodyInWhoComesTooLateAndWaitsForThoseInside) {
  Ownership ownership(4);
  const std::vector<Partition> units = {1, 2}, one = {1}, other = {3};
  EXPECT_EQ(ownership.Enter(one), nullptr);
  ownership.ServeUntil(SinceBoot() + absl::Minutes(1));
  EXPECT_EQ(ownership.Enter(one), nullptr);
  ownership.Open(units);
  EXPECT_EQ(ownership.Enter(other), nullptr);
  auto inside = ownership.Enter(units);
  ASSERT_NE(inside, nullptr);
  std::atomic<bool> closed = false;
  std::thread closing([&] {
    ownership.Close(one, absl::InfiniteDuration());
    closed = true;
  });
  while (ownership.Enter(one) != nullptr) std::this_thread::yield();
  EXPECT_FALSE(closed);
  inside.reset();
  closing.join();
  EXPECT_TRUE(closed);
}

TEST(Ownership, EndsWithTheLease) {
  Ownership ownership(1);
  const std::vector<Partition> unit = {0};
  ownership.Open(unit);
  ownership.ServeUntil(SinceBoot() + absl::Minutes(1));
  EXPECT_NE(ownership.Enter(unit), nullptr);
  ownership.ServeUntil(SinceBoot());
  EXPECT_EQ(ownership.Enter(unit), nullptr);
}

}  // namespace
}  // namespace parley::lease
