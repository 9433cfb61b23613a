#include "services/media/image_scaler.h"

#include <vips/vips.h>

#include <memory>

#include <absl/time/clock.h>

#include "common/status/macros.h"

namespace parley::media {
namespace {

constexpr int kJpegQuality = 80;

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

void Ignore(const char*, GLogLevelFlags, const char*, void*) {}

// Once in a process: no operation but those that are hardened against bad input, no cache, and no
// threads of its own beyond one for each thumbnail.
bool Begin() {
  if (VIPS_INIT("parley") != 0) return false;
  vips_block_untrusted_set(TRUE);
  g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING, Ignore, nullptr);  // of broken files
  vips_cache_set_max(0);
  vips_concurrency_set(1);
  return true;
}

absl::Status Broken() {
  vips_error_clear();
  return absl::InvalidArgumentError("the file is no image that can be read");
}

void* Mutable(std::string_view bytes) {
  return const_cast<char*>(bytes.data());
}

absl::Status CheckPixels(std::string_view bytes, uint64_t max_pixels) {
  const Image image(
      vips_image_new_from_buffer(bytes.data(), bytes.size(), "", "fail", TRUE, nullptr));
  if (!image) return Broken();
  const uint64_t pixels = static_cast<uint64_t>(vips_image_get_width(image.get())) *
                          static_cast<uint64_t>(vips_image_get_height(image.get()));
  if (pixels > max_pixels) return absl::ResourceExhaustedError("the image has too many pixels");
  return absl::OkStatus();
}

// vips tells how far it is; whoever takes too long is stopped.
void StopWhenLate(VipsImage* image, VipsProgress*, void* deadline) {
  if (absl::Now() > *static_cast<const absl::Time*>(deadline)) vips_image_set_kill(image, TRUE);
}

bool IsPng(std::string_view bytes) {
  return bytes.starts_with("\x89PNG\r\n\x1a\n");
}

bool IsGif(std::string_view bytes) {
  return bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a");
}

absl::StatusOr<ScaledImage> Encode(VipsImage* image, bool as_png) {
  void* data = nullptr;
  size_t size = 0;
  const int failed =
      as_png ? vips_pngsave_buffer(image, &data, &size, "strip", TRUE, nullptr)
             : vips_jpegsave_buffer(image, &data, &size, "Q", kJpegQuality, "strip", TRUE, nullptr);
  if (failed != 0) return Broken();
  ScaledImage scaled{as_png ? "image/png" : "image/jpeg",
                     std::string(static_cast<const char*>(data), size)};
  g_free(data);
  return scaled;
}

absl::StatusOr<ScaledImage> Shrink(std::string_view bytes, const ThumbnailKey& size,
                                   absl::Time deadline) {
  VipsImage* made = nullptr;
  const int failed =
      vips_thumbnail_buffer(Mutable(bytes), bytes.size(), &made, static_cast<int>(size.width),
                            "height", static_cast<int>(size.height), "size", VIPS_SIZE_DOWN, "crop",
                            size.crop ? VIPS_INTERESTING_CENTRE : VIPS_INTERESTING_NONE, "fail_on",
                            VIPS_FAIL_ON_ERROR, nullptr);
  if (failed != 0) return Broken();
  const Image image(made);
  vips_image_set_progress(made, TRUE);
  g_signal_connect(made, "eval", G_CALLBACK(StopWhenLate), &deadline);
  auto scaled = Encode(made, IsPng(bytes) || IsGif(bytes) || vips_image_hasalpha(made));
  if (absl::Now() > deadline) return absl::ResourceExhaustedError("the image takes too long");
  return scaled;
}

}  // namespace

bool IsScalable(std::string_view bytes) {
  return bytes.starts_with("\xff\xd8\xff") || IsPng(bytes) || IsGif(bytes) ||
         (bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP");
}

absl::StatusOr<ScaledImage> Scale(std::string_view bytes, const ThumbnailKey& size,
                                  const ScalerLimits& limits) {
  static const bool has_begun = Begin();
  if (!has_begun || !IsScalable(bytes)) return Broken();
  PARLEY_RETURN_IF_ERROR(CheckPixels(bytes, limits.max_pixels));
  auto scaled = Shrink(bytes, size, absl::Now() + limits.timeout);
  vips_thread_shutdown();  // what vips keeps for the calling thread
  return scaled;
}

}  // namespace parley::media
