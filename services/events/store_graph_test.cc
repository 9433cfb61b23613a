#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/temporary_folder.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr Partition kPartition = 3;
constexpr RoomNid kRoom = 1;

class GraphStore : public ::testing::Test {
 protected:
  GraphStore()
      : store_(*store::OpenSqlite({.path = folder_.path() + "/db", .synchronous = "OFF"},
                                  Migrations())) {
    epoch_ = (*store_->TakeOver(kStream, {kPartition}))[0].epoch;
  }

  void Commit(store::Batch batch, int64_t upto) {
    const store::Fence fence{kStream, kPartition, epoch_, head_, upto};
    ASSERT_TRUE(store_->Commit(std::move(batch), fence).ok());
    head_ = upto;
  }

  template <class Function>
  void Read(Function function) {
    ASSERT_TRUE(store_
                    ->Read([&](store::Reader& db) {
                      function(db);
                      return absl::OkStatus();
                    })
                    .ok());
  }

  static EventRow Event(int64_t pos, RoomOrder ord, uint32_t flags) {
    return {.pos = pos,
            .room = kRoom,
            .ord = ord,
            .event_id = "$" + std::to_string(pos),
            .type = "t",
            .sender = "@a:b",
            .ts = pos,
            .flags = flags,
            .pdu = "{}"};
  }

  std::vector<int64_t> Scanned(bool backwards) {
    std::vector<int64_t> found;
    const auto add = [&](const EventRow& row) {
      found.push_back(row.pos);
      return true;
    };
    Read([&](store::Reader& db) {
      const RoomOrder from = backwards ? INT64_MAX : INT64_MIN;
      const auto scan = backwards ? ScanBackwards : ScanForwards;
      ASSERT_TRUE(scan(db, kPartition, kRoom, from, 100, add).ok());
    });
    return found;
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  int64_t epoch_ = 0;
  int64_t head_ = 0;
};

TEST_F(GraphStore, NoScanMeetsHiddenEvents) {
  store::Batch batch;
  AddEvent(batch, kPartition, Event(1, HiddenOrder(1), kOutlier));
  AddEvent(batch, kPartition, Event(2, LiveOrder(2), 0));
  AddEvent(batch, kPartition, Event(3, HiddenOrder(3), kSoftFailed));
  AddEvent(batch, kPartition, Event(4, HiddenOrder(4), kRejected));
  AddEvent(batch, kPartition, Event(5, LiveOrder(2) - 7, kBackfilled));
  Commit(std::move(batch), 5);
  EXPECT_THAT(Scanned(false), ElementsAre(5, 2));
  EXPECT_THAT(Scanned(true), ElementsAre(2, 5));
  Read([](store::Reader& db) {
    EXPECT_EQ((*FindByTime(db, kPartition, kRoom, 0, false))->pos, 5);
    EXPECT_EQ((*FindByTime(db, kPartition, kRoom, 9, true))->pos, 2);
    EXPECT_EQ((*FindEvent(db, kPartition, "$4"))->flags, kRejected);
  });
}

TEST_F(GraphStore, AnOutlierWhosePastHasComeIsMetByScans) {
  store::Batch batch;
  AddEvent(batch, kPartition, Event(1, HiddenOrder(1), kOutlier));
  AddEvent(batch, kPartition, Event(2, LiveOrder(2), kAfterGap));
  Commit(std::move(batch), 2);
  EXPECT_THAT(Scanned(false), ElementsAre(2));
  store::Batch placed;
  PlaceEvent(placed, kPartition, 1, LiveOrder(2) - 1, kBackfilled);
  Commit(std::move(placed), 2);
  EXPECT_THAT(Scanned(false), ElementsAre(1, 2));
}

TEST_F(GraphStore, RedactionKeepsTheFlags) {
  store::Batch batch;
  AddEvent(batch, kPartition, Event(1, LiveOrder(1), kOffLine));
  RedactEvent(batch, kPartition, 1, "{}", 2, kOffLine);
  Commit(std::move(batch), 2);
  Read([](store::Reader& db) {
    EXPECT_EQ((*ReadEvent(db, kPartition, 1))->flags, kOffLine | kRedacted);
  });
}

// Entries come, change and end; the difference at each position, laid over what is in force now, is
// the state of then.
TEST_F(GraphStore, TheDifferenceAtAnyPositionLeadsBackToItsState) {
  constexpr int64_t kPositions = 300;
  std::mt19937 random(11);
  std::map<std::string, StateRow> state;
  std::vector<std::map<std::string, int64_t>> truth(1);
  store::Batch batch;
  for (int64_t pos = 1; pos <= kPositions; ++pos) {
    const std::string key = std::to_string(random() % 20);
    const auto found = state.find(key);
    const bool ends = found != state.end() && random() % 3 == 0;
    const StateRow next{"t", key, ends ? 0 : pos, pos, 0, std::nullopt};
    ReplaceState(batch, kPartition, kRoom, found == state.end() ? nullptr : &found->second, next);
    if (ends) {
      state.erase(key);
    } else {
      state[key] = next;
    }
    truth.emplace_back();
    for (const auto& [name, row] : state) truth.back()[name] = row.event_pos;
  }
  Commit(std::move(batch), kPositions);
  Read([&](store::Reader& db) {
    for (int64_t pos = 1; pos <= kPositions; ++pos) {
      std::map<std::string, int64_t> then;
      const auto now = CurrentState(db, kPartition, kRoom);
      for (const StateRow& row : *now) then[row.state_key] = row.event_pos;
      const auto difference = StateDifference(db, kPartition, kRoom, pos);
      for (const StateRow& row : *difference) {
        if (row.event_pos == 0) then.erase(row.state_key);
        if (row.event_pos != 0) then[row.state_key] = row.event_pos;
      }
      EXPECT_EQ(then, truth[pos]) << pos;
      std::map<std::string, int64_t> read;
      const auto at = StateAt(db, kPartition, kRoom, pos);
      for (const StateRow& row : *at) read[row.state_key] = row.event_pos;
      EXPECT_EQ(read, truth[pos]) << pos;
      for (int key = 0; key < 20; ++key) {
        const auto entry = StateEntryAt(db, kPartition, kRoom, pos, "t", std::to_string(key));
        ASSERT_TRUE(entry.ok());
        const auto expected = truth[pos].find(std::to_string(key));
        ASSERT_EQ(entry->has_value(), expected != truth[pos].end()) << pos << " " << key;
        if (*entry) EXPECT_EQ((*entry)->event_pos, expected->second);
      }
    }
  });
}

TEST_F(GraphStore, ExtremitiesAreReplacedTogether) {
  store::Batch batch;
  SetExtremities(batch, kPartition, kRoom, {"$3", "$5"});
  SetExtremities(batch, kPartition, kRoom + 1, {"$4"});
  Commit(std::move(batch), 5);
  Read([](store::Reader& db) {
    EXPECT_THAT(*Extremities(db, kPartition, kRoom), ElementsAre("$3", "$5"));
  });
  store::Batch later;
  SetExtremities(later, kPartition, kRoom, {});
  Commit(std::move(later), 6);
  Read([](store::Reader& db) {
    EXPECT_THAT(*Extremities(db, kPartition, kRoom), IsEmpty());
    EXPECT_THAT(*Extremities(db, kPartition, kRoom + 1), ElementsAre("$4"));
  });
}

TEST_F(GraphStore, AForkKnowsWhatItsStateDiffersIn) {
  store::Batch batch;
  AddFork(batch, kPartition, {9, 4, 7, 2}, {{9, "a", "x", 5}, {9, "b", "", 0}});
  Commit(std::move(batch), 9);
  Read([](store::Reader& db) {
    const auto fork = *FindFork(db, kPartition, 9);
    ASSERT_TRUE(fork.has_value());
    EXPECT_EQ(fork->line, 4);
    EXPECT_EQ(fork->parent, 7);
    EXPECT_EQ(fork->depth, 2);
    EXPECT_EQ(ForkStates(db, kPartition, 9)->size(), 2u);
    EXPECT_EQ((*ForkStateEntry(db, kPartition, 9, "a", "x"))->event_pos, 5);
    EXPECT_EQ((*ForkStateEntry(db, kPartition, 9, "b", ""))->event_pos, 0);
    EXPECT_FALSE(ForkStateEntry(db, kPartition, 9, "a", "y")->has_value());
    EXPECT_FALSE(FindFork(db, kPartition, 8)->has_value());
  });
}

TEST_F(GraphStore, WhatWaitsIsRemembered) {
  store::Batch batch;
  AddWaiting(batch, kPartition, {kRoom, "$a", "b.test", 20, "{}"});
  AddWaiting(batch, kPartition, {kRoom, "$a", "c.test", 21, "{}"});
  AddWaiting(batch, kPartition, {kRoom + 1, "$b", "b.test", 10, "{}"});
  AddEarlyRedaction(batch, kPartition, kRoom, "$t", 4);
  Commit(std::move(batch), 4);
  Read([](store::Reader& db) {
    ASSERT_EQ(WaitingPdus(db, kPartition, kRoom)->size(), 1u);
    EXPECT_EQ(WaitingPdus(db, kPartition, kRoom)->front().origin, "b.test");
    ASSERT_EQ(WaitingPdus(db, kPartition, 0)->size(), 2u);
    EXPECT_EQ(WaitingPdus(db, kPartition, 0)->front().event_id, "$b");
    EXPECT_TRUE(*IsWaiting(db, kPartition, kRoom, "$a"));
    EXPECT_FALSE(*IsWaiting(db, kPartition, kRoom, "$b"));
    EXPECT_THAT(*EarlyRedactions(db, kPartition, kRoom, "$t"), ElementsAre(4));
  });
  store::Batch done;
  DeleteWaiting(done, kPartition, kRoom, "$a");
  DeleteEarlyRedactions(done, kPartition, kRoom, "$t");
  Commit(std::move(done), 5);
  Read([](store::Reader& db) {
    EXPECT_THAT(*WaitingPdus(db, kPartition, kRoom), IsEmpty());
    EXPECT_THAT(*EarlyRedactions(db, kPartition, kRoom, "$t"), IsEmpty());
  });
}

}  // namespace
}  // namespace parley::events
