// What `calls` learns of a room: its call signals, and nothing else of it.

#include <string>

#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "common/base/partition.h"
#include "common/json/value.h"
#include "services/events/test_service.h"

namespace parley::events {
namespace {

constexpr char kInvite[] =
    R"({"call_id":"1","version":0,"lifetime":60000,"offer":{"type":"offer","sdp":"long"}})";
constexpr char kHangup[] = R"({"call_id":"1","version":0})";

class CallSignalsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    room_ = events_.Create("alice", R"({"preset":"public_chat"})");
    ASSERT_TRUE(events_.Join("bob", room_).ok());
    partition_ = PartitionOf(room_, events_.config().partitions);
  }

  std::string Send(const std::string& user, const std::string& type, const std::string& content) {
    const auto sent = events_.Send(TestService::SendRequestOf(user, room_, type, content));
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent.value_or("");
  }

  v1::ListCallSignalsResponse ListAfter(int64_t position) {
    v1::ListCallSignalsRequest request;
    common::v1::Head& since = *request.add_since();
    since.set_partition(partition_);
    since.set_position(position);
    return *events_->ListCallSignals({}, request);
  }

  TestService events_;
  std::string room_;
  Partition partition_ = 0;
};

TEST_F(CallSignalsTest, AreTheCallEventsOfARoomInTheirOrder) {
  const std::string invite = Send("alice", "m.call.invite", kInvite);
  ASSERT_TRUE(events_.Say("bob", room_, "no signal").ok());
  const std::string hangup = Send("bob", "m.call.hangup", kHangup);
  const auto all = ListAfter(0);
  ASSERT_EQ(all.signals_size(), 2);
  EXPECT_EQ(all.signals(0).event_id(), invite);
  EXPECT_EQ(all.signals(0).type(), "m.call.invite");
  EXPECT_EQ(all.signals(0).sender(), TestService::Id("alice"));
  EXPECT_EQ(all.signals(0).room_id(), room_);
  EXPECT_EQ(all.signals(1).event_id(), hangup);
  EXPECT_LT(all.signals(0).position(), all.signals(1).position());
}

TEST_F(CallSignalsTest, CarryWhatACallIsKnownByAndNoMedia) {
  Send("alice", "m.call.invite", kInvite);
  const auto content = json::ParseObject(ListAfter(0).signals(0).content());
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(json::StringOr(*content, "call_id", ""), "1");
  EXPECT_EQ(json::IntOr(*content, "lifetime", 0), 60000);
  EXPECT_FALSE(content->Has("offer"));
}

TEST_F(CallSignalsTest, BeginBehindThePlaceThatIsAskedFor) {
  Send("alice", "m.call.invite", kInvite);
  const int64_t first = ListAfter(0).signals(0).position();
  Send("bob", "m.call.hangup", kHangup);
  const auto rest = ListAfter(first);
  ASSERT_EQ(rest.signals_size(), 1);
  EXPECT_EQ(rest.signals(0).type(), "m.call.hangup");
  ASSERT_EQ(rest.heads_size(), 1);
  EXPECT_EQ(ListAfter(rest.heads(0).position()).signals_size(), 0);
}

TEST_F(CallSignalsTest, TellOfARedactedInvite) {
  const std::string invite = Send("alice", "m.call.invite", kInvite);
  v1::SendRequest redact = TestService::SendRequestOf("alice", room_, "m.room.redaction", "{}");
  redact.set_redacts(invite);
  ASSERT_TRUE(events_.Send(redact).ok());
  const auto all = ListAfter(0);
  ASSERT_EQ(all.signals_size(), 2);
  EXPECT_EQ(all.signals(1).content(), absl::StrCat(R"({"redacts":")", invite, R"("})"));
}

TEST_F(CallSignalsTest, AreThereAfterARestart) {
  Send("alice", "m.call.invite", kInvite);
  events_.Restart();
  EXPECT_EQ(ListAfter(0).signals_size(), 1);
}

}  // namespace
}  // namespace parley::events
