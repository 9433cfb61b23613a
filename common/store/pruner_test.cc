#include "common/store/pruner.h"

#include <atomic>
#include <memory>
#include <string>

#include <absl/synchronization/notification.h>
#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"

namespace parley::store {
namespace {

constexpr PrunerOptions kOptions = {.partitions = 16, .slice_rows = 10};
const Retention kRetention = {"log", "ts", absl::Milliseconds(1000)};

std::vector<Migration> Schema() {
  return {
      {.service = "log",
       .number = 1,
       .tables = {{"log", {{"p"}, {"id"}, {"ts"}}, {"p", "id"}, {{"log_by_ts", {"p", "ts"}}}}}}};
}

class Journal final : public Probe {
 public:
  void Committed(size_t batches, absl::Duration, size_t) override {
    commits += static_cast<int>(batches);
  }
  void Pruned(std::string_view table, int64_t deleted, int64_t left) override {
    line = StrCat(table, " deleted ", deleted, " left ", left);
    if (!pruned.HasBeenNotified()) pruned.Notify();
  }

  std::atomic<int> commits = 0;
  std::string line;
  absl::Notification pruned;
};

class PrunerTest : public testing::Test {
 protected:
  // A row at each millisecond in [from, to), in two partitions.
  void Fill(int64_t from, int64_t to) {
    Batch batch;
    for (int64_t ts = from; ts < to; ++ts) {
      batch.InsertRows("log", {"p", "id", "ts"}, {0, ts, ts, 15, ts, ts});
    }
    ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  }

  absl::Status PruneAt(int64_t now_ms) {
    return Prune(*store_, journal_, kRetention, kOptions, absl::FromUnixMillis(now_ms));
  }

  TemporaryFolder folder_;
  Journal journal_;
  std::unique_ptr<Store> store_ =
      *OpenSqlite({.path = folder_.path() + "/store.db"}, Schema(), journal_);
};

TEST_F(PrunerTest, DeletesExactlyWhatIsOlderThanItsRetention) {
  Fill(0, 100);
  ASSERT_TRUE(PruneAt(1050).ok());
  EXPECT_EQ(journal_.line, "log deleted 100 left 100");
  ASSERT_TRUE(PruneAt(1050).ok());
  EXPECT_EQ(journal_.line, "log deleted 0 left 100");
}

TEST_F(PrunerTest, DeletesInSlices) {
  Fill(0, 100);
  const int before = journal_.commits;
  ASSERT_TRUE(PruneAt(1050).ok());
  EXPECT_EQ(journal_.commits - before, 10);
}

TEST_F(PrunerTest, GoesOnWhenManyRowsAreOfOneMillisecond) {
  Batch batch;
  for (int id = 0; id < 100; ++id) batch.InsertRows("log", {"p", "id", "ts"}, {0, id, 7});
  ASSERT_TRUE(store_->Commit(std::move(batch)).ok());
  ASSERT_TRUE(PruneAt(5000).ok());
  std::optional<int64_t> left;
  ASSERT_TRUE(store_
                  ->Read([&](Reader& reader) -> absl::Status {
                    left = *reader.QueryInt("SELECT count(*) FROM log WHERE p = $1", {0});
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(left, 0);
}

TEST_F(PrunerTest, RunsByItself) {
  Fill(0, 10);
  Pruner pruner(*store_, Clock::System(), journal_, {kRetention}, kOptions);
  journal_.pruned.WaitForNotification();
  EXPECT_EQ(journal_.line, "log deleted 20 left 0");
}

}  // namespace
}  // namespace parley::store
