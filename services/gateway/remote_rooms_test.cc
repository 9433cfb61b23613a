#include "services/gateway/remote_rooms.h"

#include <functional>

#include <gtest/gtest.h>

#include "common/testing/manual_clock.h"
#include "parley/events/v1/room_federation.parley.h"

namespace parley::gateway {
namespace {

constexpr char kFar[] = "@far:b";

class FakeRooms final : public events::RoomFederationFake {
 public:
  absl::StatusOr<events::v1::ListRoomsOfRemoteUserResponse> ListRoomsOfRemoteUser(
      const rpc::Call&, const events::v1::ListRoomsOfRemoteUserRequest&) override {
    ++asked;
    events::v1::ListRoomsOfRemoteUserResponse response;
    if (is_joined) response.add_room_ids("!room:a");
    if (meanwhile) meanwhile();
    return response;
  }

  int asked = 0;
  bool is_joined = true;
  std::function<void()> meanwhile;
};

class RemoteRoomsTest : public ::testing::Test {
 protected:
  size_t Count() { return (*rooms_.Of({}, kFar))->size(); }

  FakeRooms events_;
  ::parley::testing::ManualClock clock_;
  RemoteRooms rooms_{events_, clock_, "a"};
};

TEST_F(RemoteRoomsTest, TellsOwnUsersFromOthers) {
  EXPECT_TRUE(rooms_.IsRemote(kFar));
  EXPECT_FALSE(rooms_.IsRemote("@near:a"));
  EXPECT_FALSE(rooms_.IsRemote("nobody"));
}

TEST_F(RemoteRoomsTest, AsksOnceInAWhile) {
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(events_.asked, 1);
  clock_.Advance(RemoteRooms::kKeep);
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(events_.asked, 2);
}

TEST_F(RemoteRoomsTest, AsksSoonAgainOfWhoIsInNoRoom) {
  events_.is_joined = false;
  EXPECT_EQ(Count(), 0u);
  EXPECT_EQ(Count(), 0u);
  EXPECT_EQ(events_.asked, 1);
  events_.is_joined = true;
  clock_.Advance(RemoteRooms::kKeepNone);
  EXPECT_EQ(Count(), 1u);
}

TEST_F(RemoteRoomsTest, AsksAgainOfWhoCameOrWent) {
  EXPECT_EQ(Count(), 1u);
  events_.is_joined = false;
  rooms_.CameOrWent({"@other:b"});
  EXPECT_EQ(Count(), 1u);
  rooms_.CameOrWent({kFar});
  EXPECT_EQ(Count(), 0u);
}

TEST_F(RemoteRoomsTest, KeepsNoAnswerFromBeforeSomebodyWent) {
  events_.meanwhile = [this] {
    events_.is_joined = false;
    rooms_.CameOrWent({kFar});
  };
  EXPECT_EQ(Count(), 1u);
  EXPECT_EQ(Count(), 0u);
}

}  // namespace
}  // namespace parley::gateway
