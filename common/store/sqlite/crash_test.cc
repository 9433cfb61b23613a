// What was acknowledged survives a loss of power; and the test would notice if it did not.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/store/sqlite/sqlite_store.h"
#include "common/store/sqlite/testing/forgetful_vfs.h"
#include "common/testing/temporary_folder.h"

namespace parley::store {
namespace {

constexpr Partition kPartition = 3;
constexpr int kInFlight = 20;

std::vector<Migration> Schema() {
  return {{.service = "crash",
           .number = 1,
           .tables = {{"crash_events", {{"p"}, {"pos"}, {"body", Type::kText}}, {"p", "pos"}},
                      {"crash_outbox", {{"p"}, {"pos"}, {"body", Type::kText}}, {"p", "pos"}}}}};
}

// One store that writes until the power goes, again and again.
class Victim {
 public:
  Victim(std::string vfs, std::string synchronous)
      : vfs_(std::move(vfs), 7), synchronous_(std::move(synchronous)) {}

  // Returns how many acknowledged events are gone (or half there) after the crash.
  int64_t WriteUntilCrash(int64_t writes, ForgetfulVfs::Keep keep) {
    {
      auto store = Open();
      const StreamState state = store->TakeOver("crash", {kPartition})->front();
      vfs_.CrashAfterWrites(writes, keep);
      WriteAll(*store, state);
    }
    EXPECT_TRUE(vfs_.crashed());
    vfs_.PowerOn();
    return CountLost();
  }

  int64_t acknowledged() const { return acknowledged_; }

 private:
  std::unique_ptr<Store> Open() {
    auto store = OpenSqlite(
        {.path = folder_.path() + "/store.db", .vfs = vfs_.name(), .synchronous = synchronous_},
        Schema());
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  static Batch Event(int64_t pos) {
    Batch batch;
    batch.Insert("crash_events",
                 {{"p", kPartition}, {"pos", pos}, {"body", std::string(300, 'e')}});
    batch.Insert("crash_outbox", {{"p", kPartition}, {"pos", pos}, {"body", std::string(30, 'o')}});
    return batch;
  }

  // Every twentieth waits for its commit, the rest only count.
  void WriteAll(Store& store, const StreamState& state) {
    for (int64_t pos = state.head; !vfs_.crashed(); ++pos) {
      const Fence fence{"crash", kPartition, state.epoch, pos, pos + 1};
      if (pos % kInFlight == 0) {
        if (store.Commit(Event(pos + 1), fence).ok())
          acknowledged_ = std::max(acknowledged_, pos + 1);
        continue;
      }
      const absl::Status queued =
          store.Enqueue(Event(pos + 1), fence, [this, pos](absl::Status status) {
            if (status.ok()) acknowledged_ = std::max(acknowledged_, pos + 1);
          });
      ASSERT_TRUE(queued.ok());
    }
    store.Commit({}).IgnoreError();  // all outcomes are known after this one
  }

  int64_t CountLost() {
    auto store = Open();
    int64_t lost = 0;
    const absl::Status read = store->Read([&](Reader& reader) -> absl::Status {
      const auto whole = reader.QueryString("PRAGMA integrity_check", {});
      EXPECT_EQ(whole->value_or(""), "ok");
      const auto head = ReadStream(reader, "crash", kPartition);
      const auto events =
          reader.QueryInt("SELECT count(*) FROM crash_events WHERE p = $1", {kPartition});
      const auto rows =
          reader.QueryInt("SELECT count(*) FROM crash_outbox WHERE p = $1", {kPartition});
      EXPECT_EQ(**events, head->head) << "an event without its position, or the other way round";
      EXPECT_EQ(**rows, head->head);
      lost = std::max<int64_t>(0, acknowledged_ - **events);
      return absl::OkStatus();
    });
    EXPECT_TRUE(read.ok()) << read;
    return lost;
  }

  TemporaryFolder folder_;
  ForgetfulVfs vfs_;
  const std::string synchronous_;
  int64_t acknowledged_ = 0;  // touched on the committer's thread, or while nothing is in flight
};

class CrashTest : public testing::TestWithParam<ForgetfulVfs::Keep> {};

TEST_P(CrashTest, FiftyLossesOfPowerLoseNothingAcknowledged) {
  Victim victim(GetParam() == ForgetfulVfs::Keep::kNothing ? "forget-all" : "forget-some", "FULL");
  std::mt19937 random(2);
  for (int crash = 0; crash < 50; ++crash) {
    ASSERT_EQ(victim.WriteUntilCrash(1 + random() % 600, GetParam()), 0) << "at crash " << crash;
  }
  EXPECT_GT(victim.acknowledged(), 1000);
}

INSTANTIATE_TEST_SUITE_P(WhatTheDiskKeeps, CrashTest,
                         testing::Values(ForgetfulVfs::Keep::kNothing,
                                         ForgetfulVfs::Keep::kAnySectors),
                         [](const auto& info) {
                           return info.param == ForgetfulVfs::Keep::kNothing ? "Nothing"
                                                                             : "AnySectors";
                         });

TEST(CrashTest, NoticesThatWithoutSyncingAcknowledgedEventsAreLost) {
  Victim victim("forget-unsynced", "OFF");
  int64_t lost = 0;
  for (int crash = 0; crash < 5 && lost == 0; ++crash) {
    lost = victim.WriteUntilCrash(200, ForgetfulVfs::Keep::kNothing);
  }
  EXPECT_GT(lost, 0);
}

}  // namespace
}  // namespace parley::store
