#include "common/calls/call_events.h"

#include <gtest/gtest.h>

namespace parley::calls {
namespace {

bool Passes(std::string_view type, std::string_view content) {
  return CheckShape(type, *json::ParseObject(content)).ok();
}

constexpr std::string_view kInvite =
    R"({"call_id":"a","version":0,"lifetime":60000,"offer":{"type":"offer","sdp":"v=0"}})";

TEST(CallShape, AcceptsTheEventsOfTheSpecification) {
  EXPECT_TRUE(Passes("m.call.invite", kInvite));
  EXPECT_TRUE(Passes("m.call.answer", R"({"call_id":"a","version":"1","answer":{"type":"answer","sdp":""}})"));
  EXPECT_TRUE(Passes("m.call.hangup", R"({"call_id":"a","version":"99"})"));
  EXPECT_TRUE(Passes("m.call.candidates",
                     R"({"call_id":"a","version":0,"candidates":[{"candidate":"c","sdpMid":"0","sdpMLineIndex":0},
                        {"candidate":""}]})"));
}

TEST(CallShape, RefusesWhatLacksARequiredKey) {
  EXPECT_FALSE(Passes("m.call.invite", "{}"));
  EXPECT_FALSE(Passes("m.call.invite", R"({"call_id":"a","version":0,"lifetime":60000})"));
  EXPECT_FALSE(Passes("m.call.invite", R"({"call_id":"a","version":0,"lifetime":-1,"offer":{"type":"offer","sdp":""}})"));
  EXPECT_FALSE(Passes("m.call.invite", R"({"call_id":"a","version":0,"lifetime":1,"offer":{"type":"answer","sdp":""}})"));
  EXPECT_FALSE(Passes("m.call.answer", R"({"call_id":"a","version":0,"answer":{"type":"answer"}})"));
  EXPECT_FALSE(Passes("m.call.candidates", R"({"call_id":"a","version":0,"candidates":["c"]})"));
  EXPECT_FALSE(Passes("m.call.hangup", R"({"call_id":5,"version":0})"));
  EXPECT_FALSE(Passes("m.call.hangup", R"({"call_id":"a"})"));
}

TEST(CallShape, LetsOtherTypesPass) {
  EXPECT_TRUE(Passes("m.call.candidate", "{}"));
  EXPECT_TRUE(Passes("m.call.negotiate", "{}"));
  EXPECT_TRUE(Passes("m.room.message", "{}"));
}

TEST(CallParties, AreTwoUnlessTheInviteSaysWhomItIsFor) {
  const json::Object invite = *json::ParseObject(kInvite);
  EXPECT_TRUE(CheckParties("m.call.invite", invite, 2).ok());
  EXPECT_FALSE(CheckParties("m.call.invite", invite, 1).ok());
  EXPECT_FALSE(CheckParties("m.call.invite", invite, 3).ok());
  json::Object to_bob = invite;
  to_bob.Set("invitee", "@bob:a");
  EXPECT_TRUE(CheckParties("m.call.invite", to_bob, 3).ok());
  EXPECT_TRUE(CheckParties("m.call.hangup", invite, 3).ok());
}

}  // namespace
}  // namespace parley::calls
