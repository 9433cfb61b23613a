#include "services/media/thumbnail_size.h"

#include <algorithm>

namespace parley::media {
namespace {

struct Size {
  uint32_t width, height;
};

constexpr Size kStandard[] = {{32, 32}, {96, 96}, {320, 240}, {640, 480}, {800, 600}};
constexpr Size kLargest = {800, 600};

}  // namespace

ThumbnailKey SizeToMake(const ThumbnailKey& asked, bool any_size) {
  if (any_size) {
    return {std::clamp(asked.width, 1u, kLargest.width),
            std::clamp(asked.height, 1u, kLargest.height), asked.crop};
  }
  for (const Size& size : kStandard) {
    if (size.width >= asked.width && size.height >= asked.height)
      return {size.width, size.height, asked.crop};
  }
  return {kLargest.width, kLargest.height, asked.crop};
}

}  // namespace parley::media
