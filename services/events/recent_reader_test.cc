#include <gmock/gmock.h>

#include "services/events/test_service.h"

// What a long poll gets from memory is what the store would have said.
namespace parley::events {
namespace {

class RecentReads : public ::testing::Test {
 protected:
  RecentReads() : room_(service_.Create("alice", R"({"preset":"public_chat"})")) {
    EXPECT_TRUE(service_.Join("bob", room_).ok());
    EXPECT_TRUE(service_.Say("alice", room_, "bob: first").ok());
    since_ = Head(Read());  // and primes the unread count
  }

  v1::ReadSinceResponse Read() {
    v1::ReadSinceRequest request;
    *request.mutable_requester() = TestService::As("bob");
    request.mutable_options()->set_timeline_limit(3);
    request.mutable_options()->set_lazy_load_members(lazy_);
    v1::RoomSince& room = *request.add_rooms();
    room.set_room_id(room_);
    room.set_membership("join");
    room.set_since(since_);
    const rpc::Call call{absl::Now() + absl::Seconds(10), "test"};
    auto response = service_->ReadSince(call, request);
    EXPECT_TRUE(response.ok()) << response.status();
    response->clear_typing_heads();
    return *std::move(response);
  }

  static int64_t Head(const v1::ReadSinceResponse& response) { return response.heads(0).position(); }

  // Reads `since_` from memory (or not), and again from the store.
  void ExpectSame(bool from_memory) {
    const int before = service_.store().reads();
    const v1::ReadSinceResponse recent = Read();
    EXPECT_EQ(service_.store().reads() == before, from_memory);
    service_.Restart();
    EXPECT_EQ(recent.DebugString(), Read().DebugString());
    EXPECT_GT(service_.store().reads(), 0);
  }

  TestService service_;
  const std::string room_;
  int64_t since_ = 0;
  bool lazy_ = false;
};

TEST_F(RecentReads, MessagesComeFromMemory) {
  ASSERT_TRUE(service_.Say("alice", room_, "second", "t1").ok());
  ASSERT_TRUE(service_.Say("bob", room_, "third", "t2").ok());
  ASSERT_TRUE(service_.Say("alice", room_, "bob: fourth").ok());
  ExpectSame(true);
}

TEST_F(RecentReads, MoreThanTheLimitLeavesAGap) {
  for (const char* text : {"1", "2", "3", "4", "5"}) ASSERT_TRUE(service_.Say("alice", room_, text).ok());
  ExpectSame(true);
}

TEST_F(RecentReads, NothingNewIsNothing) { ExpectSame(true); }

TEST_F(RecentReads, StateIsReadFromTheStore) {
  ASSERT_TRUE(service_.SetState("alice", room_, "m.room.topic", R"({"topic":"t"})").ok());
  ExpectSame(false);
}

TEST_F(RecentReads, ALeaveIsReadFromTheStore) {
  ASSERT_TRUE(service_.Change("bob", room_, v1::MEMBERSHIP_ACTION_LEAVE).ok());
  ASSERT_TRUE(service_.Say("alice", room_, "not for bob").ok());
  ExpectSame(false);
}

TEST_F(RecentReads, AnEditedMessageIsReadFromTheStore) {
  const auto first = service_.Say("alice", room_, "tpyo");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(service_.Send(service_.SendRequestOf(
      "alice", room_, "m.room.message",
      R"({"msgtype":"m.text","body":"* typo","m.new_content":{"msgtype":"m.text","body":"typo"},)"
      R"("m.relates_to":{"rel_type":"m.replace","event_id":")" + *first + R"("}})", "edit")).ok());
  ExpectSame(false);
}

TEST_F(RecentReads, ARedactionIsReadFromTheStore) {
  const auto first = service_.Say("alice", room_, "oops");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(service_.Send(service_.SendRequestOf("alice", room_, "m.room.redaction",
                                                   R"({"redacts":")" + *first + R"("})", "redact")).ok());
  ExpectSame(false);
}

TEST_F(RecentReads, LazyLoadingOwesAMemberOnce) {
  lazy_ = true;
  ASSERT_TRUE(service_.Say("alice", room_, "who am I").ok());
  ExpectSame(false);
}

// Seed S74, from memory and from the store.
TEST_F(RecentReads, AnInviteToACallCountsAsLongAsItRings) {
  const auto unread = [&] { return Read().rooms(0).unread().notification_count(); };
  ASSERT_TRUE(service_.Say("alice", room_, "I'll call you", "t1").ok());
  const int64_t before = unread();
  ASSERT_TRUE(service_.Send(service_.SendRequestOf("alice", room_, "m.call.invite",
                                                   R"({"call_id":"1","version":0,"lifetime":60000,)"
                                                   R"("offer":{"type":"offer","sdp":"v=0"}})", "call")).ok());
  EXPECT_EQ(unread(), before + 1);
  service_.clock().Advance(absl::Seconds(61));
  EXPECT_EQ(unread(), before);
  ASSERT_TRUE(service_.Say("alice", room_, "not there?").ok());
  EXPECT_EQ(unread(), before + 1);
  ExpectSame(true);
}

}  // namespace
}  // namespace parley::events
