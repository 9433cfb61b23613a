#include "common/calls/room_calls.h"

#include <algorithm>
#include <map>
#include <string>

#include <gtest/gtest.h>

namespace parley::calls {
namespace {

using Kind = Signal::Kind;

constexpr int64_t kMinute = 60'000;

// "@alice:x" and her device "A1" as "alice/A1"; without a device: version 0.
Signal Make(Kind kind, std::string_view call_id, std::string_view who, int64_t at) {
  static int number = 0;
  Signal signal;
  signal.kind = kind;
  signal.call_id = call_id;
  const size_t slash = who.find('/');
  signal.sender = "@" + std::string(who.substr(0, slash)) + ":x";
  if (slash != std::string_view::npos) signal.party_id = who.substr(slash + 1);
  signal.sent_at = signal.seen_at = at;
  signal.event_id = "$" + std::to_string(++number);
  if (kind == Kind::kInvite) signal.lifetime = kMinute;
  return signal;
}

Signal Select(std::string_view call_id, std::string_view who, int64_t at, std::string_view party) {
  Signal signal = Make(Kind::kSelectAnswer, call_id, who, at);
  signal.selected_party_id = party;
  return signal;
}

Signal Redact(const Signal& target, int64_t at) {
  Signal signal = Make(Kind::kRedaction, "", "alice", at);
  signal.redacts = target.event_id;
  return signal;
}

std::string Text(const std::vector<Call>& calls) {
  std::string text;
  for (const Call& call : calls) {
    if (!text.empty()) text += ", ";
    text += call.call_id + " " + std::string(NameOf(call.state));
    if (call.end_reason != EndReason::kNone) text += " " + std::string(NameOf(call.end_reason));
    if (!call.superseded_by.empty()) text += " by " + call.superseded_by;
    if (!call.callee_party.empty()) text += " " + call.callee_party;
  }
  return text;
}

// What all orders of arrival come to, at `now`; says so if they differ.
std::string InAnyOrder(std::vector<Signal> signals, int64_t now) {
  std::sort(signals.begin(), signals.end(),
            [](const auto& a, const auto& b) { return a.event_id < b.event_id; });
  std::map<std::string, int> outcomes;
  do {
    RoomCalls room;
    for (const Signal& signal : signals) room.Apply(signal);
    for (const Signal& signal : signals) EXPECT_FALSE(room.Apply(signal)) << "twice is once";
    ++outcomes[Text(room.At(now))];
  } while (std::next_permutation(signals.begin(), signals.end(), [](const auto& a, const auto& b) {
    return a.event_id < b.event_id;
  }));
  EXPECT_EQ(outcomes.size(), 1u);
  return outcomes.begin()->first;
}

TEST(RoomCalls, RingsUntilItIsAnswered) {
  const Signal invite = Make(Kind::kInvite, "1", "alice", 1000);
  EXPECT_EQ(InAnyOrder({invite}, 2000), "1 ringing");
  EXPECT_EQ(InAnyOrder({invite, Make(Kind::kCandidates, "1", "alice", 1100)}, 2000), "1 ringing");
  EXPECT_EQ(InAnyOrder({invite, Make(Kind::kAnswer, "1", "bob", 1500)}, 2000), "1 connected");
}

TEST(RoomCalls, EndsInTheWaysACallEnds) {
  const Signal invite = Make(Kind::kInvite, "1", "alice/A", 1000);
  const Signal answer = Make(Kind::kAnswer, "1", "bob/B", 1500);
  const Signal hangup = Make(Kind::kHangup, "1", "alice/A", 1600);
  EXPECT_EQ(InAnyOrder({invite, answer, hangup}, 2000), "1 ended hangup B");
  EXPECT_EQ(InAnyOrder({invite, answer, Make(Kind::kHangup, "1", "bob/B", 1600)}, 2000),
            "1 ended hangup B");
  EXPECT_EQ(InAnyOrder({invite, hangup}, 2000), "1 ended cancelled");
  EXPECT_EQ(InAnyOrder({invite, Make(Kind::kReject, "1", "bob/B", 1500)}, 2000),
            "1 ended rejected B");
  EXPECT_EQ(InAnyOrder({invite, Redact(invite, 1500)}, 2000), "1 ended redacted");
  EXPECT_EQ(InAnyOrder({invite, answer, Redact(invite, 1700)}, 2000), "1 connected B");
}

// S72: in version 0 the callee rejects by a hangup.
TEST(RoomCalls, IsRejectedByAHangupOfTheCallee) {
  EXPECT_EQ(
      InAnyOrder({Make(Kind::kInvite, "1", "alice", 1000), Make(Kind::kHangup, "1", "bob", 1500)},
                 2000),
      "1 ended rejected");
}

// S74
TEST(RoomCalls, ExpiresWithItsLifetime) {
  RoomCalls room;
  room.Apply(Make(Kind::kInvite, "1", "alice", 1000));
  EXPECT_EQ(room.NextExpiry(1000), 61'000);
  EXPECT_EQ(Text(room.At(60'999)), "1 ringing");
  EXPECT_EQ(Text(room.At(61'000)), "1 ended expired");
  EXPECT_EQ(room.NextExpiry(61'000), std::nullopt);
  room.Apply(Make(Kind::kAnswer, "1", "bob", 5000));
  EXPECT_EQ(Text(room.At(61'000)), "1 connected");
}

TEST(RoomCalls, AClockThatRunsAheadDoesNotRingLonger) {
  Signal invite = Make(Kind::kInvite, "1", "alice", 1000);
  invite.sent_at = 1'000'000'000;
  RoomCalls room;
  room.Apply(invite);
  EXPECT_EQ(Text(room.At(61'000)), "1 ended expired");
}

// S73
TEST(RoomCalls, NothingRevivesACallThatWasHungUp) {
  const Signal invite = Make(Kind::kInvite, "1", "alice", 1000);
  const Signal hangup = Make(Kind::kHangup, "1", "alice", 1500);
  EXPECT_EQ(InAnyOrder({invite, hangup, Make(Kind::kCandidates, "1", "alice", 1600),
                        Make(Kind::kAnswer, "1", "bob", 1700)},
                       2000),
            "1 ended cancelled");
}

TEST(RoomCalls, IsAnsweredByTheDeviceThatTheCallerSelects) {
  const Signal invite = Make(Kind::kInvite, "1", "alice/A", 1000);
  const Signal phone = Make(Kind::kAnswer, "1", "bob/PHONE", 1500);
  const Signal laptop = Make(Kind::kAnswer, "1", "bob/LAPTOP", 1600);
  EXPECT_EQ(InAnyOrder({invite, phone, laptop}, 2000), "1 connected PHONE");
  EXPECT_EQ(InAnyOrder({invite, phone, laptop, Select("1", "alice/A", 1700, "LAPTOP")}, 2000),
            "1 connected LAPTOP");
  EXPECT_EQ(InAnyOrder({invite, phone, laptop, Select("1", "bob/LAPTOP", 1700, "LAPTOP")}, 2000),
            "1 connected PHONE");
  const Signal reject = Make(Kind::kReject, "1", "bob/LAPTOP", 1400);
  EXPECT_EQ(InAnyOrder({invite, phone, reject}, 2000), "1 ended rejected LAPTOP");
  EXPECT_EQ(InAnyOrder({invite, phone, reject, Select("1", "alice/A", 1700, "PHONE")}, 2000),
            "1 connected PHONE");
}

TEST(RoomCalls, GoesOnWhenADeviceHangsUpThatWasNotChosen) {
  EXPECT_EQ(InAnyOrder({Make(Kind::kInvite, "1", "alice/A", 1000),
                        Make(Kind::kAnswer, "1", "bob/PHONE", 1500),
                        Make(Kind::kHangup, "1", "bob/LAPTOP", 1600),
                        Make(Kind::kHangup, "1", "alice/OTHER", 1700)},
                       2000),
            "1 connected PHONE");
}

TEST(RoomCalls, IsAnsweredByItsInviteeOnly) {
  Signal invite = Make(Kind::kInvite, "1", "alice/A", 1000);
  invite.invitee = "@bob:x";
  EXPECT_EQ(InAnyOrder({invite, Make(Kind::kAnswer, "1", "carol/C", 1500)}, 2000), "1 ringing");
  EXPECT_EQ(InAnyOrder({invite, Make(Kind::kAnswer, "1", "alice/B", 1500)}, 2000), "1 ringing");
  EXPECT_EQ(InAnyOrder({invite, Make(Kind::kAnswer, "1", "bob/B", 1500)}, 2000), "1 connected B");
}

// S84–S87, S91
TEST(RoomCalls, GlareLeavesTheLesserCallInAnyOrder) {
  const Signal nine = Make(Kind::kInvite, "9", "alice", 1000);
  const Signal ten = Make(Kind::kInvite, "10", "bob", 1100);
  EXPECT_EQ(InAnyOrder({nine, ten}, 2000), "10 ringing, 9 ended superseded by 10");
  const Signal abort = Make(Kind::kHangup, "9", "alice", 1300);
  const Signal accept = Make(Kind::kAnswer, "10", "alice", 1300);
  EXPECT_EQ(InAnyOrder({nine, ten, abort, accept}, 2000), "10 connected, 9 ended superseded by 10");
}

// S92
TEST(RoomCalls, GlareAmongSeveralDevicesLeavesTheLeastCall) {
  EXPECT_EQ(
      InAnyOrder(
          {Make(Kind::kInvite, "5", "alice/A", 1000), Make(Kind::kInvite, "3", "alice/B", 1010),
           Make(Kind::kInvite, "4", "bob/C", 1020), Make(Kind::kAnswer, "5", "bob/D", 1100)},
          2000),
      "3 ringing, 4 ended superseded by 3, 5 ended superseded by 3 D");
}

TEST(RoomCalls, AnAnsweredCallIsNotSupersededByALaterOne) {
  EXPECT_EQ(
      InAnyOrder({Make(Kind::kInvite, "9", "alice", 1000), Make(Kind::kAnswer, "9", "bob", 1100),
                  Make(Kind::kInvite, "1", "bob", 1200)},
                 2000),
      "1 ringing, 9 connected");
}

// S92
TEST(RoomCalls, AnExpiredInviteSupersedesNothing) {
  RoomCalls room;
  room.Apply(Make(Kind::kInvite, "1", "alice", 1000));
  room.Apply(Make(Kind::kInvite, "2", "bob", 61'000));
  EXPECT_EQ(Text(room.At(61'000)), "1 ended expired, 2 ringing");
}

TEST(RoomCalls, ASupersededCallStaysSoWhenTheOtherIsOver) {
  RoomCalls room;
  room.Apply(Make(Kind::kInvite, "1", "alice", 1000));
  Signal late = Make(Kind::kInvite, "2", "bob", 1000);
  late.lifetime = 10 * kMinute;
  room.Apply(late);
  EXPECT_EQ(Text(room.At(70'000)), "1 ended expired, 2 ended superseded by 1");
  room.Forget(65'000, 0);
  EXPECT_TRUE(room.empty());
}

TEST(RoomCalls, ForgetsWhatIsOverAndWhatIsSilent) {
  RoomCalls room;
  room.Apply(Make(Kind::kInvite, "1", "alice", 1000));
  room.Apply(Make(Kind::kAnswer, "1", "bob", 2000));
  room.Forget(100'000, 0);
  EXPECT_EQ(Text(room.At(100'000)), "1 connected");
  room.Apply(Make(Kind::kHangup, "1", "bob", 90'000));
  room.Forget(90'000, 0);
  EXPECT_FALSE(room.empty());
  room.Forget(90'001, 0);
  EXPECT_TRUE(room.empty());
  room.Apply(Make(Kind::kCandidates, "1", "bob", 90'002));
  EXPECT_EQ(Text(room.At(100'000)), "");
  room.Forget(0, 90'003);
  EXPECT_TRUE(room.empty());
}

TEST(RoomCalls, IsBounded) {
  RoomCalls room;
  for (int i = 0; i < 1000; ++i)
    room.Apply(Make(Kind::kInvite, std::to_string(i), "alice", 1000 + i));
  EXPECT_EQ(room.At(3000).size(), 64u);
}

TEST(Signal, IsReadFromWhatAnEventHas) {
  const auto content = json::ParseObject(
      R"({"call_id":"1","party_id":"A","version":"1","lifetime":60000,"invitee":"@b:x","offer":{"type":"offer","sdp":"…"}})");
  const auto signal = ReadSignal("m.call.invite", *content);
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->party_id, "A");
  EXPECT_EQ(signal->lifetime, 60'000);
  EXPECT_EQ(json::Serialize(SignalContent(*content)),
            R"({"call_id":"1","invitee":"@b:x","lifetime":60000,"party_id":"A"})");
  EXPECT_FALSE(ReadSignal("m.call.candidate", *content));
  EXPECT_FALSE(ReadSignal("m.call.invite", json::Object{}));
  EXPECT_TRUE(ReadSignal("m.call.invite", json::Object{{"call_id", "1"}, {"lifetime", "long"}}));
}

}  // namespace
}  // namespace parley::calls
