#include "services/gateway/sync/calls_provider.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/partition.h"
#include "common/stream/position.h"
#include "parley/calls/v1/calls.parley.h"

namespace parley::gateway {
namespace {

using stream::EphemeralPosition;
using stream::StreamKind;

constexpr uint32_t kPartitions = 16;
constexpr int64_t kEpoch = 3;

// `calls`, with an event for each room that has calls; remembers what it was asked.
class FakeCalls final : public calls::CallsFake {
 public:
  absl::StatusOr<calls::ReadSinceResponse> ReadSince(
      const rpc::Call&, const calls::ReadSinceRequest& request) override {
    ++asked_;
    last_ = request;
    if (!answer_.ok()) return answer_;
    calls::ReadSinceResponse response;
    for (const std::string& room : request.room_ids()) {
      const auto found = events_.find(room);
      if (found == events_.end()) continue;
      auto& entry = *response.add_entries();
      entry.set_room_id(room);
      entry.set_event(found->second);
      auto& head = *response.add_heads();
      head.set_partition(PartitionOf(room, kPartitions));
      head.set_epoch(kEpoch);
      head.set_position(counter_);
    }
    return response;
  }

  std::map<std::string, std::string> events_;
  int64_t counter_ = 0;
  absl::Status answer_;
  int asked_ = 0;
  calls::ReadSinceRequest last_;
};

class CallsProviderTest : public ::testing::Test {
 protected:
  CallsProviderTest() {
    Join("!a:x");
    Join("!b:x");
    query_.since.emplace(1);
  }

  void Join(const std::string& room) {
    auto& membership = user_.memberships.emplace_back();
    membership.set_room_id(room);
    membership.set_membership("join");
  }
  // A call changed in the room, and the gateway heard of it.
  void Change(const std::string& room, const std::string& event) {
    calls_.events_[room] = event;
    const int64_t at = EphemeralPosition{kEpoch, ++calls_.counter_}.Packed();
    (void)heard_.calls.Heard(PartitionOf(room, kPartitions), at, room);
  }
  // "!room: event" for what the sync tells.
  std::vector<std::string> Read() {
    Difference difference;
    stream::SyncToken next = query_.since.value_or(stream::SyncToken(1));
    EXPECT_TRUE(provider_.Read({}, query_, user_, part_, difference, next).ok());
    query_.since = next;
    std::vector<std::string> told;
    for (const auto& room : difference.rooms) {
      for (const auto& event : room.ephemeral()) told.push_back(room.room_id() + ": " + event);
    }
    return told;
  }

  FakeCalls calls_;
  Heard heard_;
  UserSnapshot user_;
  RoomProvider::Part part_;
  SyncQuery query_;
  CallsProvider provider_{calls_, heard_, kPartitions};
};

using Told = std::vector<std::string>;

TEST_F(CallsProviderTest, AsksNobodyWhileThereAreNoCalls) {
  EXPECT_EQ(Read(), Told());
  EXPECT_EQ(calls_.asked_, 0);
}

TEST_F(CallsProviderTest, TellsARoomsCallsOnce) {
  Change("!a:x", "{1}");
  EXPECT_EQ(Read(), Told{"!a:x: {1}"});
  EXPECT_EQ(calls_.last_.room_ids_size(), 1);
  EXPECT_EQ(Read(), Told());
  EXPECT_EQ(calls_.asked_, 1);
  Change("!a:x", "{2}");
  EXPECT_EQ(Read(), Told{"!a:x: {2}"});
}

TEST_F(CallsProviderTest, TellsAnInitialSyncAllCalls) {
  Change("!a:x", "{1}");
  Change("!b:x", "{2}");
  query_.since.reset();
  EXPECT_EQ(Read(), (Told{"!a:x: {1}", "!b:x: {2}"}));
  EXPECT_EQ(calls_.last_.since_size(), 0);
}

TEST_F(CallsProviderTest, TellsWhoJoinsTheCallsThatAreThere) {
  Change("!c:x", "{1}");
  Read();
  Join("!c:x");
  part_.new_rooms = {"!c:x"};
  EXPECT_EQ(Read(), Told{"!c:x: {1}"});
}

TEST_F(CallsProviderTest, TellsNothingOfRoomsThatWereLeft) {
  user_.memberships[0].set_membership("leave");
  Change("!a:x", "{1}");
  EXPECT_EQ(Read(), Told());
}

TEST_F(CallsProviderTest, AFilterLeavesCallsOut) {
  for (const char* filter : {R"({"room":{"ephemeral":{"not_types":["dev.parley.calls"]}}})",
                             R"({"room":{"not_rooms":["!a:x"]}})"}) {
    query_.filter = *SyncFilter::Parse(filter);
    Change("!a:x", "{1}");
    EXPECT_EQ(Read(), Told()) << filter;
  }
}

// What is not told now is told by a later sync.
TEST_F(CallsProviderTest, ASyncGoesOnWithoutACallsServiceThatDoesNotAnswer) {
  Change("!a:x", "{1}");
  calls_.answer_ = absl::UnavailableError("down");
  EXPECT_EQ(Read(), Told());
  calls_.answer_ = absl::OkStatus();
  EXPECT_EQ(Read(), Told{"!a:x: {1}"});
}

// Another owner of the calls counts anew, in a later epoch.
TEST_F(CallsProviderTest, TellsTheCallsOfANewOwner) {
  Change("!a:x", "{1}");
  Read();
  const int64_t first = EphemeralPosition{kEpoch + 1, 1}.Packed();
  (void)heard_.calls.Heard(PartitionOf("!a:x", kPartitions), first, "!a:x");
  EXPECT_EQ(Read(), Told{"!a:x: {1}"});
}

}  // namespace
}  // namespace parley::gateway
