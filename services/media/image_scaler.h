#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "services/media/store.h"

// Images made smaller, by libvips. Its header stays in the .cc.
namespace parley::media {

struct ScalerLimits {
  uint64_t max_pixels = 32 << 20;  // looked at before anything is decoded
  absl::Duration timeout = absl::Seconds(10);
};

struct ScaledImage {
  std::string content_type;  // image/png of PNG, GIF and what is transparent, else image/jpeg
  std::string bytes;
};

// True for what begins like a JPEG, PNG, GIF or WebP: nothing else is ever decoded.
bool IsScalable(std::string_view bytes);

// The image to fit into the size, or to fill it and be cut; never larger than it is. Of an
// animation, its first picture. InvalidArgument: no image that we know, or a broken one;
// ResourceExhausted: too many pixels, or too slow. Threads: any.
absl::StatusOr<ScaledImage> Scale(std::string_view bytes, const ThumbnailKey& size,
                                  const ScalerLimits& limits);

}  // namespace parley::media
