#include "common/calls/call_events.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/status/matrix_error.h"

namespace parley::calls {
namespace {

bool Passes(std::string_view type, std::string_view content) {
  return CheckShape(type, *json::ParseObject(content)).ok();
}

constexpr std::string_view kInvite =
    R"({"call_id":"a","version":0,"lifetime":60000,"offer":{"type":"offer","sdp":"v=0"}})";

std::string Errcode(std::string_view type, std::string_view content) {
  return FromStatus(CheckShape(type, *json::ParseObject(content))).errcode;
}

TEST(CallShape, AcceptsTheEventsOfTheSpecification) {
  EXPECT_TRUE(Passes("m.call.invite", kInvite));
  EXPECT_TRUE(Passes(
      "m.call.answer",
      R"({"call_id":"a","party_id":"A","version":"1","answer":{"type":"answer","sdp":""}})"));
  EXPECT_TRUE(Passes("m.call.hangup", R"({"call_id":"a","version":"99"})"));
  EXPECT_TRUE(Passes(
      "m.call.candidates",
      R"({"call_id":"a","version":0,"candidates":[{"candidate":"c","sdpMid":"0","sdpMLineIndex":0},
                        {"candidate":""}]})"));
}

TEST(CallShape, RefusesWhatLacksARequiredKey) {
  EXPECT_FALSE(Passes("m.call.invite", "{}"));
  EXPECT_FALSE(Passes("m.call.invite", R"({"call_id":"a","version":0,"lifetime":60000})"));
  EXPECT_FALSE(
      Passes("m.call.invite",
             R"({"call_id":"a","version":0,"lifetime":-1,"offer":{"type":"offer","sdp":""}})"));
  EXPECT_FALSE(
      Passes("m.call.invite",
             R"({"call_id":"a","version":0,"lifetime":1,"offer":{"type":"answer","sdp":""}})"));
  EXPECT_FALSE(
      Passes("m.call.answer", R"({"call_id":"a","version":0,"answer":{"type":"answer"}})"));
  EXPECT_FALSE(Passes("m.call.candidates", R"({"call_id":"a","version":0,"candidates":["c"]})"));
  EXPECT_FALSE(Passes("m.call.hangup", R"({"call_id":5,"version":0})"));
  EXPECT_FALSE(Passes("m.call.hangup", R"({"call_id":"a"})"));
}

TEST(CallShape, AcceptsTheEventsOfVersionOne) {
  EXPECT_TRUE(Passes("m.call.reject", R"({"call_id":"a","party_id":"B","version":"1"})"));
  EXPECT_TRUE(Passes("m.call.select_answer",
                     R"({"call_id":"a","party_id":"A","version":"1","selected_party_id":"B"})"));
  EXPECT_TRUE(Passes("m.call.hangup",
                     R"({"call_id":"a","party_id":"A","version":"1","reason":"user_hangup"})"));
  EXPECT_TRUE(Passes("m.call.hangup",
                     R"({"call_id":"a","party_id":"A","version":"1","reason":"of our own"})"));
  for (const char* type : {"offer", "answer"}) {
    EXPECT_TRUE(Passes("m.call.negotiate",
                       StrCat(R"({"call_id":"a","party_id":"A","version":"1","lifetime":5,)",
                              R"("description":{"sdp":"","type":")", type, "\"}}")));
  }
  EXPECT_TRUE(Passes("m.call.sdp_stream_metadata_changed",
                     R"({"call_id":"a","party_id":"A","version":"1","sdp_stream_metadata":{}})"));
}

TEST(CallShape, RefusesEventsOfVersionOneThatLackARequiredKey) {
  EXPECT_FALSE(Passes("m.call.hangup", R"({"call_id":"a","version":"1"})"));
  EXPECT_FALSE(Passes("m.call.reject", R"({"call_id":"a","version":"2"})"));
  EXPECT_FALSE(Passes("m.call.select_answer", R"({"call_id":"a","party_id":"A","version":"1"})"));
  EXPECT_FALSE(
      Passes("m.call.negotiate", R"({"call_id":"a","party_id":"A","version":"1","lifetime":5})"));
  EXPECT_FALSE(Passes("m.call.sdp_stream_metadata_changed",
                      R"({"call_id":"a","party_id":"A","version":"1"})"));
}

TEST(CallShape, SaysWhetherAKeyIsWrongOrItsValue) {
  EXPECT_EQ(Errcode("m.call.hangup", R"({"call_id":5,"version":0})"), "M_BAD_JSON");
  EXPECT_EQ(Errcode("m.call.hangup", R"({"call_id":"","version":0})"), "M_INVALID_PARAM");
  const auto invite = [](std::string_view lifetime, std::string_view type,
                         std::string_view invitee) {
    return StrCat(R"({"call_id":"a","version":0,"lifetime":)", lifetime,
                  R"(,"offer":{"sdp":"","type":")", type, R"("},"invitee":)", invitee, "}");
  };
  EXPECT_EQ(Errcode("m.call.invite", invite("\"1\"", "offer", "\"@b:x\"")), "M_BAD_JSON");
  EXPECT_EQ(Errcode("m.call.invite", invite("-1", "offer", "\"@b:x\"")), "M_INVALID_PARAM");
  EXPECT_EQ(Errcode("m.call.invite", invite("1", "answer", "\"@b:x\"")), "M_INVALID_PARAM");
  EXPECT_EQ(Errcode("m.call.invite", invite("1", "offer", "\"bob\"")), "M_INVALID_PARAM");
  EXPECT_EQ(Errcode("m.call.invite", invite("1", "offer", "7")), "M_BAD_JSON");
}

TEST(CallShape, LetsOtherTypesPass) {
  EXPECT_TRUE(Passes("m.call.candidate", "{}"));
  EXPECT_TRUE(Passes("m.call.of_the_future", "{}"));
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
