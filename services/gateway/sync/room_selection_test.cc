#include "services/gateway/sync/room_selection.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "common/base/partition.h"

namespace parley::gateway {
namespace {

constexpr uint32_t kPartitions = 4;

accounts::v1::Membership Joined(const std::string& room_id) {
  accounts::v1::Membership membership;
  membership.set_room_id(room_id);
  membership.set_membership("join");
  return membership;
}

// Rooms of one partition, and one of another.
std::vector<std::string> Rooms() {
  std::vector<std::string> rooms = {"!0:hs"};
  std::string other;
  for (int i = 1; rooms.size() < 2 || other.empty(); ++i) {
    const std::string room = "!" + std::to_string(i) + ":hs";
    const bool same = PartitionOf(room, kPartitions) == PartitionOf(rooms[0], kPartitions);
    if (same && rooms.size() < 2) rooms.push_back(room);
    if (!same && other.empty()) other = room;
  }
  rooms.push_back(other);
  return rooms;
}

// The answer says how far the whole partition is: what its other room has up to there must be in it.
TEST(SelectRooms, AsksAllRoomsOfAPartitionWhenOneHasNews) {
  const std::vector<std::string> rooms = Rooms();
  std::vector<accounts::v1::Membership> memberships;
  stream::SyncToken since(1);
  WakeIndex heard, typing;
  for (const std::string& room : rooms) {
    memberships.push_back(Joined(room));
    const Partition partition = PartitionOf(room, kPartitions);
    since.SetPosition(stream::StreamKind::kEvents, partition, 10);
    (void)heard.HeardHead(partition, 10);
    (void)typing.HeardHead(partition, 0);
  }
  const SyncFilter& filter = *SyncFilter::Default();
  const auto select = [&] {
    std::vector<std::string> asked;
    for (const auto& room : SelectRooms({memberships, &since, 0, false, filter, kPartitions, heard, typing})) {
      asked.push_back(room.room_id());
      EXPECT_EQ(room.since(), 10);
    }
    return asked;
  };
  EXPECT_THAT(select(), testing::IsEmpty());
  EXPECT_TRUE(heard.Heard(PartitionOf(rooms[0], kPartitions), 11, rooms[0]));
  EXPECT_THAT(select(), testing::UnorderedElementsAre(rooms[0], rooms[1]));
}

}  // namespace
}  // namespace parley::gateway
