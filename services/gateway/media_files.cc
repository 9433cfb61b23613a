#include "services/gateway/media_files.h"

#include <algorithm>
#include <array>

#include <absl/strings/ascii.h>
#include <absl/time/clock.h>

#include "common/base/strings.h"
#include "common/http/content_disposition.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "parley/media/v1/media.parley.h"

namespace parley::gateway {
namespace {

constexpr int64_t kDefaultWaitMs = 20'000;
constexpr int64_t kMaxWaitMs = 60'000;
// Of the time that a request has: what is left for everything but waiting.
constexpr absl::Duration kForTheRest = absl::Seconds(5);
// Where too many wait already, `media` answers at once.
constexpr absl::Duration kBetweenLooks = absl::Milliseconds(250);

// Client-server API, "Serving inline content".
constexpr auto kInline = std::to_array<std::string_view>({
    "text/css",     "text/plain", "text/csv",    "application/json", "application/ld+json",
    "image/jpeg",   "image/gif",  "image/png",   "image/apng",       "image/webp",
    "image/avif",   "video/mp4",  "video/webm",  "video/ogg",        "video/quicktime",
    "audio/mp4",    "audio/webm", "audio/aac",   "audio/mpeg",       "audio/ogg",
    "audio/wave",   "audio/wav",  "audio/x-wav", "audio/x-pn-wav",   "audio/flac",
    "audio/x-flac",
});

absl::StatusOr<media::v1::ReadResponse> ReadFirst(media::MediaService& media, const rpc::Call& call,
                                                  media::v1::ReadRequest request) {
  const absl::Time until =
      std::min(call.deadline - kForTheRest, absl::Now() + absl::Milliseconds(request.wait_ms()));
  while (true) {
    const absl::Time begun = absl::Now();
    request.set_wait_ms(std::max<int64_t>(0, absl::ToInt64Milliseconds(until - begun)));
    auto answer = media.Read(call, request);
    const absl::Time now = absl::Now();
    if (!HasErrcode(answer.status(), "M_NOT_YET_UPLOADED") || now >= until) return answer;
    if (now - begun < kBetweenLooks) absl::SleepFor(kBetweenLooks);
  }
}

absl::StatusOr<uint32_t> LengthOf(const RequestContext& context, std::string_view name) {
  if (!context.Query(name)) return MissingParam(StrCat(name, " is missing"));
  PARLEY_TRY(const int64_t length, context.QueryInt(name, 0));
  if (length <= 0) return InvalidParam(StrCat(name, " must be positive"));
  return static_cast<uint32_t>(std::min<int64_t>(length, UINT32_MAX));
}

}  // namespace

absl::StatusOr<WholeFile> ReadWhole(media::MediaService& media, const rpc::Call& call,
                                    media::v1::ReadRequest request) {
  PARLEY_TRY(media::v1::ReadResponse first, ReadFirst(media, call, request));
  WholeFile file{std::move(*first.mutable_info()), std::move(*first.mutable_data())};
  file.bytes.reserve(file.info.size());
  while (file.bytes.size() < file.info.size()) {
    request.set_offset(file.bytes.size());
    PARLEY_TRY(const media::v1::ReadResponse more, media.Read(call, request));
    if (more.data().empty() || more.info().sha256() != file.info.sha256())
      return absl::UnavailableError("the file ends too early");
    file.bytes += more.data();
  }
  return file;
}

absl::StatusOr<int64_t> WaitOf(const RequestContext& context) {
  PARLEY_TRY(const int64_t wait, context.QueryInt("timeout_ms", kDefaultWaitMs));
  return std::clamp<int64_t>(wait, 0, kMaxWaitMs);
}

absl::StatusOr<media::v1::Thumbnail> ThumbnailOf(const RequestContext& context) {
  media::v1::Thumbnail thumbnail;
  PARLEY_TRY(const uint32_t width, LengthOf(context, "width"));
  PARLEY_TRY(const uint32_t height, LengthOf(context, "height"));
  const std::string method = context.QueryOr("method", "scale");
  if (method != "crop" && method != "scale") return InvalidParam("method must be crop or scale");
  PARLEY_RETURN_IF_ERROR(context.QueryBool("animated", false).status());
  thumbnail.set_width(width);
  thumbnail.set_height(height);
  thumbnail.set_crop(method == "crop");
  return thumbnail;
}

bool IsInlineType(std::string_view content_type) {
  const absl::string_view bare =
      absl::StripAsciiWhitespace(Abs(content_type.substr(0, content_type.find(';'))));
  return std::find(kInline.begin(), kInline.end(), absl::AsciiStrToLower(bare)) != kInline.end();
}

std::string TypeOf(const media::v1::FileInfo& info) {
  const std::string& type = info.content_type();
  return http::IsPlainType(type) ? type : "application/octet-stream";
}

std::string DispositionOf(const media::v1::FileInfo& info, std::string_view file_name) {
  return http::ContentDisposition(IsInlineType(TypeOf(info)), file_name);
}

}  // namespace parley::gateway
