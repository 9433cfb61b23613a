#include "services/media/content_type.h"

#include <algorithm>

namespace parley::media {
namespace {

constexpr size_t kMaxBytes = 255;

}  // namespace

std::string SafeContentType(const std::string& type) {
  const bool is_good =
      !type.empty() && type.size() <= kMaxBytes && type.find('/') != type.npos &&
      std::all_of(type.begin(), type.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return is_good ? type : "application/octet-stream";
}

}  // namespace parley::media
