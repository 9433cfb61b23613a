#include "services/media/content_type.h"

#include "common/http/content_disposition.h"

namespace parley::media {
namespace {

constexpr size_t kMaxBytes = 255;

}  // namespace

std::string SafeContentType(const std::string& type) {
  const bool is_good =
      type.size() <= kMaxBytes && type.find('/') != type.npos && http::IsPlainType(type);
  return is_good ? type : "application/octet-stream";
}

}  // namespace parley::media
