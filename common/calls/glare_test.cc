#include "common/calls/glare.h"

#include <gtest/gtest.h>

namespace parley::calls {
namespace {

Invite From(std::string_view sender, std::string_view call_id) { return {call_id, sender, 1000, 60000}; }

TEST(Glare, TheLesserCallIdLivesWhicheverCameFirst) {
  EXPECT_EQ(ResolveGlare(From("@a:x", "10"), From("@b:x", "9"), 2000), Glare::kFirst);
  EXPECT_EQ(ResolveGlare(From("@b:x", "9"), From("@a:x", "10"), 2000), Glare::kSecond);
  EXPECT_EQ(ResolveGlare(From("@a:x", "\xC3\xA9"), From("@b:x", "z"), 2000), Glare::kSecond);
}

TEST(Glare, NeedsTwoSendersAndTwoInvitesThatStillRing) {
  EXPECT_EQ(ResolveGlare(From("@a:x", "1"), From("@a:x", "2"), 2000), Glare::kNone);
  EXPECT_EQ(ResolveGlare(From("@a:x", "1"), From("@b:x", "2"), 61000), Glare::kNone);
  EXPECT_EQ(ResolveGlare(From("@a:x", "1"), From("@b:x", "1"), 2000), Glare::kNone);
}

}  // namespace
}  // namespace parley::calls
