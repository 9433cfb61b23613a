#include "common/stream/token.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/partition.h"
#include "common/status/matrix_error.h"

namespace parley::stream {
namespace {

constexpr uint64_t kIncarnation = 0x0123456789abcdef;

SyncToken RoundTrip(const SyncToken& token) {
  const auto parsed = SyncToken::Parse(token.Encode());
  EXPECT_TRUE(parsed.ok()) << parsed.status();
  return parsed.ok() ? *parsed : SyncToken();
}

// A deterministic spread of numbers below `limit`.
int64_t Spread(int64_t i, int64_t limit) {
  return 1 + (i * 2654435761) % limit;
}

// Positions of the partitions of `rooms` rooms.
void FillRooms(SyncToken& token, StreamKind kind, int rooms, uint32_t partitions, int64_t limit) {
  for (int i = 0; i < rooms; ++i) {
    const Partition p = PartitionOf("!room" + std::to_string(i) + ":example.org", partitions);
    token.SetPosition(kind, p, Spread(p, limit));
  }
}

TEST(SyncToken, ComesBackAsItWas) {
  SyncToken token(kIncarnation);
  EXPECT_EQ(RoundTrip(token), token);
  token.SetPosition(StreamKind::kEvents, 3, 17);
  token.SetPosition(StreamKind::kEvents, 1023, int64_t{1} << 60);
  token.SetPosition(StreamKind::kCalls, 3, 5);
  token.SetPosition(StreamKind::kCalls, 1023, 6);
  token.SetEphemeral(StreamKind::kTyping, 3, {4, 99});
  EXPECT_EQ(RoundTrip(token), token);
  EXPECT_EQ(RoundTrip(token).incarnation(), kIncarnation);
  EXPECT_EQ(RoundTrip(token).Ephemeral(StreamKind::kTyping, 3), (EphemeralPosition{4, 99}));
}

TEST(SyncToken, AnswersZeroForWhatItDoesNotHold) {
  SyncToken token(kIncarnation);
  token.SetPosition(StreamKind::kEvents, 3, 17);
  EXPECT_EQ(token.Position(StreamKind::kEvents, 4), 0);
  EXPECT_EQ(token.Ephemeral(StreamKind::kTyping, 3), EphemeralPosition());
  token.SetPosition(StreamKind::kEvents, 3, 0);
  EXPECT_EQ(token, SyncToken(kIncarnation));
}

TEST(SyncToken, StaysUnder4kBAt1024PartitionsAnd500Rooms) {
  constexpr int64_t kBillionEventsIn1024Partitions = 1'000'000;
  SyncToken token(kIncarnation);
  FillRooms(token, StreamKind::kEvents, 500, 1024, kBillionEventsIn1024Partitions);
  FillRooms(token, StreamKind::kCalls, 500, 1024, 2000);
  for (int i = 0; i < 10; ++i)
    token.SetEphemeral(StreamKind::kTyping, i, {1000, Spread(i, 100'000)});
  for (const auto kind : {StreamKind::kAccounts, StreamKind::kProfile, StreamKind::kToDevice,
                          StreamKind::kDeviceLists, StreamKind::kPresence}) {
    token.SetPosition(kind, 77, kBillionEventsIn1024Partitions);
  }
  EXPECT_LT(token.Encode().size(), 4096u);
  EXPECT_EQ(RoundTrip(token), token);
}

TEST(SyncToken, OfASmallAccountIsShort) {
  SyncToken token(kIncarnation);
  FillRooms(token, StreamKind::kEvents, 5, 256, 1000);
  token.SetPosition(StreamKind::kAccounts, 77, 1000);
  EXPECT_LT(token.Encode().size(), 60u);
}

TEST(SyncToken, RefusesWhatItDidNotWrite) {
  SyncToken token(kIncarnation);
  FillRooms(token, StreamKind::kEvents, 20, 64, 1000);
  const std::string text = token.Encode();
  for (size_t size = 0; size < text.size(); ++size) {
    // Some cuts fall between two parts; nothing else may be accepted, and nothing may crash.
    const auto parsed = SyncToken::Parse(text.substr(0, size));
    EXPECT_TRUE(parsed.ok() || HasErrcode(parsed.status(), "M_INVALID_PARAM"));
  }
  for (const std::string& bad :
       {std::string(), std::string("s"), std::string("s!!!"), std::string("t") + text.substr(1),
        text + "AAAA", std::string(20'000, 's'), std::string("s0_1_2"), std::string("12345")}) {
    EXPECT_TRUE(HasErrcode(SyncToken::Parse(bad).status(), "M_INVALID_PARAM")) << bad;
  }
}

TEST(SyncToken, SurvivesAnyBytes) {
  SyncToken token(kIncarnation);
  FillRooms(token, StreamKind::kEvents, 20, 64, 1000);
  std::string text = token.Encode();
  for (size_t at = 1; at < text.size(); ++at) {
    for (const char c : {'A', '_', '7', 'z'}) {
      std::string changed = text;
      changed[at] = c;
      const auto parsed = SyncToken::Parse(changed);
      EXPECT_TRUE(!parsed.ok() || RoundTrip(*parsed) == *parsed) << changed;
    }
  }
}

}  // namespace
}  // namespace parley::stream
