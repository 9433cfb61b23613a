#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

// The answer of GET /_matrix/federation/v1/media/download, "multipart/mixed" of exactly two parts:
// an object about the file, and the file or where it is. RFC 2046, read strictly. Pure.
namespace parley::media {

struct MediaPart {
  std::string content_type;         // empty: none came
  std::string content_disposition;  // empty: none came
  std::string location;             // not empty: the file is there, and `bytes` means nothing
  std::string_view bytes;           // inside the body that was parsed
};

// `content_type`: of the whole answer. InvalidArgument, with what is wrong, for anything else.
absl::StatusOr<MediaPart> ParseMediaAnswer(std::string_view content_type, std::string_view body);

}  // namespace parley::media
