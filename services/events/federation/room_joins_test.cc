#include "services/events/federation/room_joins.h"

#include <absl/time/clock.h>
#include <gtest/gtest.h>

namespace parley::events {
namespace {

v1::ReceivePdusRequest Received(const std::string& room_id, std::string pdu = "{}") {
  v1::ReceivePdusRequest request;
  request.set_room_id(room_id);
  request.add_pdus(std::move(pdu));
  return request;
}

TEST(RoomJoins, HoldsWhatComesForTheRoomThatIsJoined) {
  RoomJoins joins;
  EXPECT_FALSE(joins.Hold(Received("!a")));
  const auto turn = joins.Begin("!a", absl::InfiniteFuture());
  EXPECT_TRUE(joins.Hold(Received("!a", "1")));
  EXPECT_TRUE(joins.Hold(Received("!a", "2")));
  EXPECT_FALSE(joins.Hold(Received("!b")));
  const auto held = turn->TakeHeld();
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[1].pdus(0), "2");
  EXPECT_FALSE(joins.Hold(Received("!a")));
}

TEST(RoomJoins, HoldsNoMoreThanSoManyBytes) {
  RoomJoins joins;
  const auto turn = joins.Begin("!a", absl::InfiniteFuture());
  EXPECT_TRUE(joins.Hold(Received("!a", std::string(RoomJoins::kMaxHeldBytes - 100, 'x'))));
  EXPECT_FALSE(joins.Hold(Received("!a", std::string(200, 'x'))));
  EXPECT_TRUE(joins.Hold(Received("!a")));
}

TEST(RoomJoins, OneJoinOfARoomAtATime) {
  RoomJoins joins;
  auto first = joins.Begin("!a", absl::InfiniteFuture());
  EXPECT_EQ(joins.Begin("!a", absl::Now()), nullptr);
  EXPECT_NE(joins.Begin("!b", absl::Now()), nullptr);
  first->TakeHeld();
  const auto second = joins.Begin("!a", absl::Now());
  ASSERT_NE(second, nullptr);
  first.reset();
  EXPECT_TRUE(joins.Hold(Received("!a"))) << "the first one's end is not the second's";
}

}  // namespace
}  // namespace parley::events
