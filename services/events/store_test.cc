#include "services/events/store.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"

namespace parley::events {
namespace {

constexpr Partition kPartition = 3;
constexpr RoomNid kRoom = 1;

TEST(TreeNode, LiesInsideItsInterval) {
  for (int64_t from = 1; from < 70; ++from) {
    for (int64_t to = from + 1; to < 140; ++to) {
      EXPECT_GE(TreeNode(from, to), from);
      EXPECT_LT(TreeNode(from, to), to);
    }
  }
}

class StateVersions : public ::testing::Test {
 protected:
  StateVersions() : store_(*store::OpenSqlite({.path = folder_.path() + "/db", .synchronous = "OFF"}, Migrations())) {
    epoch_ = (*store_->TakeOver(kStream, {kPartition}))[0].epoch;
  }

  // Random state changes; `truth_[pos]` is the whole state after each.
  void Fill(int64_t positions) {
    std::mt19937 random(7);
    std::map<std::string, StateRow> state;
    truth_.push_back({});
    store::Batch batch;
    for (int64_t pos = 1; pos <= positions; ++pos) {
      if (random() % 3 != 0) {
        const std::string key = std::to_string(random() % 20);
        const StateRow next{"t", key, pos, pos, 0, std::nullopt};
        const auto found = state.find(key);
        ReplaceState(batch, kPartition, kRoom, found == state.end() ? nullptr : &found->second, next);
        state[key] = next;
      }
      std::set<int64_t> now;
      for (const auto& [key, row] : state) now.insert(row.event_pos);
      truth_.push_back(now);
    }
    ASSERT_TRUE(store_->Commit(std::move(batch), store::Fence{kStream, kPartition, epoch_, 0, positions}).ok());
  }

  template <class Function>
  void Read(Function function) {
    ASSERT_TRUE(store_->Read([&](store::Reader& db) {
      function(db);
      return absl::OkStatus();
    }).ok());
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  int64_t epoch_ = 0;
  std::vector<std::set<int64_t>> truth_;
};

TEST_F(StateVersions, StateAtAnyPositionIsWhatItWasThen) {
  Fill(300);
  Read([&](store::Reader& db) {
    for (int64_t pos = 1; pos <= 300; ++pos) {
      const auto rows = StateAt(db, kPartition, kRoom, pos);
      std::set<int64_t> found;
      for (const StateRow& row : *rows) EXPECT_TRUE(found.insert(row.event_pos).second);
      EXPECT_EQ(found, truth_[pos]) << pos;
    }
  });
}

TEST_F(StateVersions, ChangesBetweenTwoPositionsAreThoseInForceAtTheEnd) {
  Fill(200);
  Read([&](store::Reader& db) {
    for (int64_t after = 1; after < 200; after += 7) {
      for (int64_t upto = after; upto <= 200; upto += 11) {
        std::set<int64_t> expected;
        for (const int64_t event : truth_[upto]) {
          if (event > after) expected.insert(event);
        }
        std::set<int64_t> found;
        const auto changes = StateChanges(db, kPartition, kRoom, after, upto);
        for (const StateRow& row : *changes) found.insert(row.event_pos);
        EXPECT_EQ(found, expected) << after << " " << upto;
      }
    }
  });
}

TEST_F(StateVersions, OneEntryHasAHistory) {
  Fill(200);
  Read([&](store::Reader& db) {
    const auto history = StateHistory(db, kPartition, kRoom, "t", "5");
    ASSERT_GT(history->size(), 2u);
    for (const StateRow& row : *history) {
      const auto entry = StateEntryAt(db, kPartition, kRoom, row.from_pos, "t", "5");
      ASSERT_TRUE(entry->has_value());
      EXPECT_EQ((*entry)->event_pos, row.event_pos);
    }
    EXPECT_FALSE(StateEntryAt(db, kPartition, kRoom, history->front().from_pos - 1, "t", "5")->has_value());
  });
}

}  // namespace
}  // namespace parley::events
