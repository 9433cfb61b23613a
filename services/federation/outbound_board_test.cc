#include "services/federation/outbound_board.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::federation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kServer[] = "a.test";
const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

class OutboundBoardTest : public ::testing::Test {
 protected:
  // Events of partition 0 at these positions, for one server each, and the head there.
  void Add(std::initializer_list<int64_t> positions, const std::string& server = kServer) {
    events::v1::ListOutboundResponse listed;
    for (const int64_t position : positions) {
      events::v1::OutboundEvent& event = *listed.add_events();
      event.set_position(position);
      event.add_destinations(server);
      head_ = std::max(head_, position);
    }
    listed.add_heads()->set_position(head_);
    board_.Add(listed);
  }
  OutboundBoard::Work Take(bool probes = false) {
    auto work = board_.Take(probes);
    EXPECT_TRUE(work);
    return work.value_or(OutboundBoard::Work());
  }
  void Fail(const OutboundBoard::Work& work, absl::Time now = kNow) {
    board_.Failed(work, now, 0.5, std::nullopt, "refused");
  }
  // What a restart would find.
  OutboundBoard::Changes Save() {
    OutboundBoard::Changes changes = board_.TakeChanges();
    board_.Saved(changes);
    return changes;
  }
  int64_t mark() const { return board_.marks().Mark(0); }

  static std::vector<int64_t> Positions(const OutboundBoard::Work& work) {
    std::vector<int64_t> positions;
    for (const auto& event : work.events) positions.push_back(event.position);
    return positions;
  }

  OutboundBoard board_{std::vector<int64_t>(2), BackoffLimits()};
  int64_t head_ = 0;
};

TEST_F(OutboundBoardTest, GivesEventsInTheirOrder) {
  Add({3, 5, 9});
  EXPECT_THAT(Positions(Take()), ElementsAre(3, 5, 9));
  EXPECT_FALSE(board_.Take(false));
}

TEST_F(OutboundBoardTest, GivesFiftyAtOnceAndTheRestOnceTheyWereSent) {
  for (int64_t position = 1; position <= 60; ++position) Add({position});
  const auto first = Take();
  EXPECT_THAT(first.events, SizeIs(50));
  EXPECT_FALSE(board_.Take(false));  // one transaction at a time
  board_.Sent(first, {}, false);
  EXPECT_THAT(Positions(Take()), SizeIs(10));
}

TEST_F(OutboundBoardTest, MarkMovesWhenEveryServerHasTheEvent) {
  Add({4}, "a.test");
  Add({4}, "b.test");
  const auto first = Take();
  const auto second = Take();
  EXPECT_EQ(mark(), 3);
  board_.Sent(first, {}, false);
  EXPECT_EQ(mark(), 3);
  board_.Sent(second, {}, false);
  EXPECT_EQ(mark(), 4);
}

TEST_F(OutboundBoardTest, AServerThatFailsIsBehindAndHoldsNobodyUpOnceThatIsSaved) {
  Add({4, 6});
  Fail(Take());
  EXPECT_EQ(mark(), 3);
  const auto changes = Save();
  ASSERT_THAT(changes.destinations, SizeIs(1));
  EXPECT_THAT(changes.destinations[0].behind, ElementsAre(Pair(0, 4)));
  EXPECT_EQ(changes.destinations[0].backoff.failures, 1);
  EXPECT_EQ(mark(), 6);
}

TEST_F(OutboundBoardTest, NewEventsForADeadServerCostNothing) {
  Add({4});
  Fail(Take());
  Save();
  Add({5, 6, 7});
  EXPECT_EQ(mark(), 7);
  EXPECT_THAT(Save().destinations, IsEmpty());
  EXPECT_FALSE(board_.Take(false));
  EXPECT_FALSE(board_.Take(true));
}

TEST_F(OutboundBoardTest, TriesAgainWhenItsTimeHasCome) {
  Add({4});
  Fail(Take());
  board_.Tick(kNow + absl::Seconds(1));
  EXPECT_FALSE(board_.HasReady(true));
  board_.Tick(kNow + absl::Seconds(3));
  EXPECT_THAT(Take(true).behind, ElementsAre(Pair(0, 4)));
}

TEST_F(OutboundBoardTest, AServerThatSpeaksIsTriedAtOnce) {
  Add({4});
  Fail(Take());
  board_.Alive(kServer, kNow);
  EXPECT_THAT(Take(true).behind, ElementsAre(Pair(0, 4)));
}

TEST_F(OutboundBoardTest, ATimerOfAnEarlierFailureDoesNotCutALaterOneShort) {
  Add({4});
  Fail(Take());  // retry at +2 s
  board_.Alive(kServer, kNow);
  Fail(Take(true), kNow + absl::Seconds(1));  // retry at +5 s
  board_.Tick(kNow + absl::Seconds(3));
  EXPECT_FALSE(board_.HasReady(true));
  board_.Tick(kNow + absl::Seconds(5));
  EXPECT_TRUE(board_.HasReady(true));
}

TEST_F(OutboundBoardTest, CatchesUpByReadingAndSendsNothingTwice) {
  Add({4});
  Fail(Take());
  Save();
  Add({5, 6, 7});
  board_.Alive(kServer, kNow);
  auto work = Take(true);
  board_.Sent(work, {{{0, 5}}}, false);  // the answer held positions up to 5
  work = Take();
  EXPECT_THAT(work.behind, ElementsAre(Pair(0, 6)));
  board_.Sent(work, {{{0, 8}}}, false);  // 8 was read before the follower has brought it
  EXPECT_FALSE(board_.Take(false));
  Add({8});
  EXPECT_FALSE(board_.Take(false));
  Add({9});
  EXPECT_THAT(Positions(Take()), ElementsAre(9));
}

TEST_F(OutboundBoardTest, ForgetsTheRowOfAServerThatIsWellAgain) {
  Add({4});
  Fail(Take());
  Save();
  board_.Alive(kServer, kNow);
  board_.Sent(Take(true), {{{0, 4}}}, false);
  const auto changes = Save();
  ASSERT_THAT(changes.destinations, SizeIs(1));
  EXPECT_THAT(changes.destinations[0].behind, IsEmpty());
  EXPECT_EQ(changes.destinations[0].backoff.failures, 0);
}

TEST_F(OutboundBoardTest, AServerThatIsTooSlowFallsBehindInsteadOfFillingTheMemory) {
  const auto limit = static_cast<int64_t>(OutboundBoard::kMaxQueue);
  for (int64_t position = 1; position <= limit + 5; ++position) Add({position});
  ASSERT_THAT(board_.List({kServer}), SizeIs(1));
  EXPECT_EQ(board_.List({kServer})[0].events, OutboundBoard::kMaxQueue);
  EXPECT_THAT(board_.List({kServer})[0].row.behind, ElementsAre(Pair(0, limit + 1)));
  for (int64_t sent = 0; sent < limit; sent += 50) board_.Sent(Take(), {}, false);
  EXPECT_THAT(Take().behind, ElementsAre(Pair(0, limit + 1)));
}

TEST_F(OutboundBoardTest, RestoresWhoIsBehind) {
  board_.Restore({.destination = kServer,
                  .backoff = {.failures = 3, .retry_at = kNow + absl::Seconds(9)},
                  .last_error = "refused",
                  .behind = {{0, 4}}},
                 kNow);
  Add({4, 5});
  EXPECT_FALSE(board_.HasReady(true));
  board_.Tick(kNow + absl::Seconds(9));
  EXPECT_THAT(Take(true).behind, ElementsAre(Pair(0, 4)));
}

TEST_F(OutboundBoardTest, LaterEdusOfAKeyReplaceEarlierOnes) {
  board_.AddEphemeral(kServer, "typing", "1");
  board_.AddEphemeral(kServer, "", "2");
  board_.AddEphemeral(kServer, "typing", "3");
  board_.AddEphemeral(kServer, "", "4");
  EXPECT_THAT(Take().ephemeral, ElementsAre("3", "2", "4"));
}

TEST_F(OutboundBoardTest, ADeadServerGetsNoFleetingEdus) {
  Add({4});
  Fail(Take());
  board_.AddEphemeral(kServer, "", "1");
  board_.Alive(kServer, kNow);
  EXPECT_THAT(Take(true).ephemeral, IsEmpty());
}

TEST_F(OutboundBoardTest, DurableEdusThatComeDuringATransactionAreReadByTheNext) {
  board_.AddDurable(kServer);
  const auto work = Take();
  EXPECT_TRUE(work.durable_edus);
  board_.AddDurable(kServer);
  board_.Sent(work, {}, /*more_edus=*/false);
  const auto next = Take();
  EXPECT_TRUE(next.durable_edus);
  board_.Sent(next, {}, /*more_edus=*/false);
  EXPECT_FALSE(board_.Take(false));
}

TEST_F(OutboundBoardTest, WhatCouldNotBeSavedIsSavedLater) {
  Add({4});
  Fail(Take());
  const auto changes = board_.TakeChanges();
  board_.NotSaved(changes);
  EXPECT_EQ(mark(), 3);
  EXPECT_THAT(Save().destinations, SizeIs(1));
  EXPECT_EQ(mark(), 4);
}

TEST_F(OutboundBoardTest, MarksOfPartitionsThatNothingLeavesAreSavedSeldom) {
  events::v1::ListOutboundResponse listed;
  common::v1::Head& head = *listed.add_heads();
  head.set_partition(1);
  head.set_position(500);
  board_.Add(listed);
  EXPECT_THAT(Save().marks, IsEmpty());
  listed.mutable_heads(0)->set_position(20'000);
  board_.Add(listed);
  EXPECT_THAT(Save().marks, ElementsAre(Pair(1, 20'000)));
}

}  // namespace
}  // namespace parley::federation
