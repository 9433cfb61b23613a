#include "common/base/mxc.h"

#include <algorithm>

#include <absl/strings/ascii.h>

#include "common/base/ids.h"
#include "common/base/strings.h"
#include "common/status/matrix_error.h"

namespace parley {
namespace {

constexpr std::string_view kScheme = "mxc://";
constexpr size_t kMaxMediaIdBytes = 255;

}  // namespace

bool IsValidMediaId(std::string_view media_id) {
  return !media_id.empty() && media_id.size() <= kMaxMediaIdBytes &&
         std::all_of(media_id.begin(), media_id.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

absl::StatusOr<MxcUri> MxcUri::Parse(std::string_view text) {
  const absl::Status invalid = InvalidParam("Not a valid mxc:// URI");
  if (!text.starts_with(kScheme)) return invalid;
  text.remove_prefix(kScheme.size());
  const size_t slash = text.find('/');
  if (slash == text.npos) return invalid;
  const std::string_view server_name = text.substr(0, slash);
  const std::string_view media_id = text.substr(slash + 1);
  if (!IsValidServerName(server_name) || !IsValidMediaId(media_id)) return invalid;
  return MxcUri{std::string(server_name), std::string(media_id)};
}

std::string MxcUri::ToString() const {
  return StrCat(kScheme, server_name, "/", media_id);
}

}  // namespace parley
