#include <gmock/gmock.h>

#include "common/event/event_builder.h"
#include "services/events/test_service.h"

// What a client hears when the state changes by resolution, and not by an event of its timeline.
namespace parley::events {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kLevels =
    R"({"users":{"@alice:localhost":100,"@bob:localhost":50},"state_default":50})";

class ResolvedSync : public ::testing::Test {
 protected:
  ResolvedSync() {
    room_ = service_.Create("alice", R"({"preset":"public_chat","room_version":"11"})");
    EXPECT_TRUE(service_.Join("bob", room_).ok());
    EXPECT_TRUE(
        service_.SetState("alice", room_, "m.room.power_levels", std::string(kLevels)).ok());
    EXPECT_TRUE(service_.SetState("alice", room_, "m.room.topic", R"({"topic":"old"})").ok());
    fork_ = *service_.Say("alice", room_, "the fork");
    since_ = Read().heads(0).position();
  }

  v1::ReadSinceResponse Read() {
    v1::ReadSinceRequest request;
    *request.mutable_requester() = TestService::As("bob");
    request.mutable_options()->set_timeline_limit(10);
    v1::RoomSince& room = *request.add_rooms();
    room.set_room_id(room_);
    room.set_membership("join");
    room.set_since(since_);
    auto response = service_->ReadSince({}, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return *std::move(response);
  }

  std::string IdOf(const std::string& type, const std::string& key) {
    std::string id;
    const Partition p = PartitionOf(room_, service_.config().partitions);
    EXPECT_TRUE(service_.store()
                    .Read([&](store::Reader& db) -> absl::Status {
                      const auto room = FindRoom(db, p, room_);
                      const auto entry = CurrentStateEntry(db, p, (*room)->nid, type, key);
                      id = (*ReadEvent(db, p, (*entry)->event_pos))->event_id;
                      return absl::OkStatus();
                    })
                    .ok());
    return id;
  }

  // An event of alice's that stands where the rooms forks, as another server would pass it on.
  void ReceiveOnFork(std::string type, std::string_view content, int64_t ts) {
    event::EventFields fields;
    fields.room_id = RoomId::Trusted(room_);
    fields.sender = UserId::Trusted("@alice:localhost");
    fields.type = std::move(type);
    fields.state_key = "";
    fields.content = *json::ParseObject(content);
    fields.origin_server_ts = ts;
    fields.depth = 30;
    fields.prev_events.push_back(EventId::Trusted(fork_));
    fields.auth_events = auth_;
    const auto built = event::EventBuilder(event::GetRoomVersion("11"), "localhost", service_.key())
                           .Build(std::move(fields));
    ASSERT_TRUE(built.ok()) << built.status();
    v1::ReceivePdusRequest request;
    request.set_origin("localhost");
    request.set_room_id(room_);
    request.add_pdus((*built)->bytes);
    const auto response = service_->federation().ReceivePdus({}, request);
    ASSERT_TRUE(response.ok()) << response.status();
    ASSERT_EQ(response->results_size(), 1);
    EXPECT_EQ(response->results(0).error(), "");
  }
  void NameAuthEvents() {
    for (const auto& [type, key] : {std::pair{"m.room.create", ""},
                                    {"m.room.power_levels", ""},
                                    {"m.room.member", "@alice:localhost"}}) {
      auth_.push_back(EventId::Trusted(IdOf(type, key)));
    }
  }

  TestService service_;
  std::string room_;
  std::string fork_;
  int64_t since_ = 0;
  std::vector<event::EventReference> auth_;
};

TEST_F(ResolvedSync, StateThatComesBackIsToldAsState) {
  NameAuthEvents();
  ASSERT_TRUE(service_.SetState("bob", room_, "m.room.topic", R"({"topic":"of bob"})").ok());
  ReceiveOnFork("m.room.power_levels", R"({"users":{"@alice:localhost":100},"state_default":50})",
                service_.clock().NowMs());
  EXPECT_THAT(service_.State("bob", room_, "m.room.topic"), HasSubstr("old"));
  const v1::ReadSinceResponse news = Read();
  ASSERT_EQ(news.rooms_size(), 1);
  EXPECT_THAT(news.rooms(0).state(), Contains(HasSubstr("old")));
  EXPECT_THAT(news.rooms(0).timeline(), Not(Contains(HasSubstr("of bob"))));
  service_.Restart();
  EXPECT_THAT(service_.State("bob", room_, "m.room.topic"), HasSubstr("old"));
  EXPECT_EQ(
      Outcome(service_.SetState("bob", room_, "m.room.topic", R"({"topic":"again"})").status()),
      "403 M_FORBIDDEN");
}

TEST_F(ResolvedSync, AStateEventThatLosesIsNotToldAsNews) {
  NameAuthEvents();
  const int64_t early = service_.clock().NowMs();
  service_.clock().Advance(absl::Seconds(10));
  ASSERT_TRUE(service_.SetState("alice", room_, "m.room.topic", R"({"topic":"later"})").ok());
  ReceiveOnFork("m.room.topic", R"({"topic":"earlier"})", early);
  EXPECT_THAT(service_.State("bob", room_, "m.room.topic"), HasSubstr("later"));
  const v1::ReadSinceResponse news = Read();
  ASSERT_EQ(news.rooms_size(), 1);
  EXPECT_THAT(news.rooms(0).timeline(), Contains(HasSubstr("later")));
  EXPECT_THAT(news.rooms(0).timeline(), Not(Contains(HasSubstr("earlier"))));
}

}  // namespace
}  // namespace parley::events
