#include "services/media/place.h"

#include <gtest/gtest.h>

#include "common/base/rng.h"
#include "common/base/token.h"

namespace parley::media {
namespace {

TEST(Place, OfAnIdOfOursIsWhatTheIdSays) {
  const auto place = OwnPlace(MakeToken(kIdKind, 7, 16, Rng::System()), 16);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->p, 7u);
  EXPECT_TRUE(place->is_ours());
}

TEST(Place, IsNowhereForWhatWeNeverMade) {
  for (const char* id : {"", "abc", "m_99_aaaaaaaaaaaaaaaaaaaaaa", "pat_7_aaaaaaaaaaaaaaaaaaaaaa",
                         "m_7_short", "m_7_../../../../etc/passwd"}) {
    EXPECT_FALSE(OwnPlace(id, 16)) << id;
  }
}

TEST(Place, OfAnotherServersFileFollowsFromItsName) {
  const auto place = RemotePlace("example.org:8448/a-b_C", 16);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->origin, "example.org:8448");
  EXPECT_EQ(place->media_id, "a-b_C");
  EXPECT_EQ(place->p, PartitionOf("example.org:8448/a-b_C", 16));
}

TEST(Place, IsNowhereForNamesThatCantBe) {
  for (const char* remote :
       {"", "example.org", "/a", "example.org/", "example.org/a/b", "example.org/a.b", "a b/c"}) {
    EXPECT_FALSE(RemotePlace(remote, 16)) << remote;
  }
}

}  // namespace
}  // namespace parley::media
