#include "common/rpc/routing/method_routes.h"

#include <gmock/gmock.h>

#include "parley/accounts/v1/accounts.parley.h"
#include "parley/events/v1/events.parley.h"

namespace parley::rpc {
namespace {

using events::v1::ReadSinceRequest;
using events::v1::ReportContentRequest;
using events::v1::SendRequest;

constexpr uint32_t kPartitions = 16;

class Routes : public testing::Test {
 protected:
  Routes() {  // links the contracts in
    accounts::AccountsFake().Heads({}, {}).IgnoreError();
    events::EventsFake().Heads({}, {}).IgnoreError();
  }

  const MethodRoute& Of(const char* path) { return routes_.Of(path); }

  MethodRoutes routes_;
};

TEST_F(Routes, ARequestGoesToThePartitionOfItsKey) {
  SendRequest request;
  request.set_room_id("!a:hs");
  EXPECT_EQ(Of("/parley.events.v1.Events/Send").KeyOf(request, kPartitions), PartitionOf("!a:hs", kPartitions));
  EXPECT_TRUE(Of("/parley.events.v1.Events/Send").may_repeat());
}

TEST_F(Routes, TheFirstKeyThatIsSetCounts) {
  ReportContentRequest request;
  EXPECT_EQ(Of("/parley.events.v1.Events/ReportContent").KeyOf(request, kPartitions), std::nullopt);
  request.set_user_id("@u:hs");
  EXPECT_EQ(Of("/parley.events.v1.Events/ReportContent").KeyOf(request, kPartitions), PartitionOf("@u:hs", kPartitions));
  request.set_room_id("!a:hs");
  EXPECT_EQ(Of("/parley.events.v1.Events/ReportContent").KeyOf(request, kPartitions), PartitionOf("!a:hs", kPartitions));
}

TEST_F(Routes, ATokenSaysWhereItLives) {
  accounts::v1::AuthenticateRequest request;
  const MethodRoute& route = Of("/parley.accounts.v1.Accounts/Authenticate");
  EXPECT_EQ(route.KeyOf(request, kPartitions), std::nullopt);
  request.set_access_token("pat_7_0123456789abcdefghijklmnop");
  EXPECT_EQ(route.KeyOf(request, kPartitions), 7u);
  request.set_access_token("pat_16_0123456789abcdefghijklmnop");
  EXPECT_EQ(route.KeyOf(request, kPartitions), std::nullopt);
}

TEST_F(Routes, WhoReadTheBodySaysThePartition) {
  accounts::v1::LoginRequest request;
  const MethodRoute& route = Of("/parley.accounts.v1.Accounts/Login");
  EXPECT_EQ(route.KeyOf(request, kPartitions), std::nullopt);
  request.set_partition(0);
  EXPECT_EQ(route.KeyOf(request, kPartitions), 0u);
}

TEST_F(Routes, ARequestOfManyRoomsIsCutByTheirPartitions) {
  ReadSinceRequest request;
  request.mutable_requester()->set_user_id("@u:hs");
  for (const char* room : {"!a:hs", "!b:hs", "!c:hs", "!d:hs"}) request.add_rooms()->set_room_id(room);
  const MethodRoute& route = Of("/parley.events.v1.Events/ReadSince");
  ASSERT_TRUE(route.splits());
  const std::vector<Partition> keys = route.KeysOf(request, kPartitions);
  ASSERT_EQ(keys.size(), 4u);
  EXPECT_EQ(keys[1], PartitionOf("!b:hs", kPartitions));
  const auto part = route.Part(request, {1, 3});
  const auto& read = static_cast<const ReadSinceRequest&>(*part);
  ASSERT_EQ(read.rooms_size(), 2);
  EXPECT_EQ(read.rooms(0).room_id(), "!b:hs");
  EXPECT_EQ(read.rooms(1).room_id(), "!d:hs");
  EXPECT_EQ(read.requester().user_id(), "@u:hs");
}

TEST_F(Routes, WhatWouldHappenTwiceIsNotRepeated) {
  EXPECT_FALSE(Of("/parley.events.v1.Events/CreateRoom").may_repeat());
  EXPECT_FALSE(Of("/parley.events.v1.Events/UpgradeRoom").may_repeat());
  EXPECT_TRUE(Of("/parley.events.v1.Events/Heads").asks_every_owner());
  EXPECT_TRUE(Of("/parley.events.v1.Events/ListPublicRooms").may_repeat());
}

}  // namespace
}  // namespace parley::rpc
