#include "services/events/read/sent_by.h"

#include <gtest/gtest.h>

namespace parley::events {
namespace {

std::string Told(const Sending& sending, const std::string& user, const std::string& device) {
  event::UnsignedFields extra;
  std::string buffer;
  AddSentBy(sending, user, device, extra, buffer);
  return std::string(extra.transaction_id) + std::string(extra.more_members);
}

TEST(SentBy, ATransactionIsForTheDeviceThatSentIt) {
  const Sending sending{"@alice:a", "PHONE", "t1"};
  EXPECT_EQ(Told(sending, "@alice:a", "PHONE"), "t1");
  EXPECT_EQ(Told(sending, "@alice:a", "LAPTOP"), "");
  EXPECT_EQ(Told(sending, "@bob:a", "PHONE"), "");
}

// MSC4140
TEST(SentBy, ADelayIdIsForAllDevicesOfTheSender) {
  const Sending sending{"@alice:a", "", "delay_3_abc"};
  for (const char* device : {"PHONE", "LAPTOP"}) {
    EXPECT_EQ(Told(sending, "@alice:a", device),
              R"("delay_id":"delay_3_abc","org.matrix.msc4140.delay_id":"delay_3_abc")");
  }
  EXPECT_EQ(Told(sending, "@bob:a", "PHONE"), "");
}

TEST(SentBy, ATransactionThatLooksLikeADelayIdIsOne) {
  EXPECT_EQ(Told({"@alice:a", "PHONE", "delay_3_abc"}, "@alice:a", "PHONE"), "delay_3_abc");
}

TEST(SentBy, OtherWritesOfNoDeviceTellNothing) {
  EXPECT_EQ(Told({"@alice:a", "", "@alice:a/7"}, "@alice:a", "PHONE"), "");
}

}  // namespace
}  // namespace parley::events
