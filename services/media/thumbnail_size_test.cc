#include "services/media/thumbnail_size.h"

#include <gtest/gtest.h>

namespace parley::media {
namespace {

struct Case {
  uint32_t width, height;
  uint32_t made_width, made_height;
};

TEST(SizeToMake, IsTheSmallestStandardOneThatIsNotSmaller) {
  for (const Case& c : {Case{1, 1, 32, 32},
                        {32, 32, 32, 32},
                        {33, 10, 96, 96},
                        {96, 96, 96, 96},
                        {97, 97, 320, 240},
                        {320, 241, 640, 480},
                        {800, 600, 800, 600},
                        {4'000'000'000, 1, 800, 600}}) {
    for (const bool crop : {false, true}) {
      const ThumbnailKey made = SizeToMake({c.width, c.height, crop}, false);
      EXPECT_EQ(made.width, c.made_width) << c.width;
      EXPECT_EQ(made.height, c.made_height) << c.height;
      EXPECT_EQ(made.crop, crop);
    }
  }
}

TEST(SizeToMake, IsAnyUpToTheLargestWhereThatIsAllowed) {
  EXPECT_EQ(SizeToMake({17, 5000, true}, true).width, 17u);
  EXPECT_EQ(SizeToMake({17, 5000, true}, true).height, 600u);
}

}  // namespace
}  // namespace parley::media
