#pragma once

#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace parley {

// mxc://<server>/<media id>. Specification: Client-Server API, "Matrix Content (mxc://) URIs".
struct MxcUri {
  std::string server_name;
  std::string media_id;  // [A-Za-z0-9_-]+

  // M_INVALID_PARAM when `text` does not follow the grammar.
  static absl::StatusOr<MxcUri> Parse(std::string_view text);

  std::string ToString() const;
  friend bool operator==(const MxcUri&, const MxcUri&) = default;
};

bool IsValidMediaId(std::string_view media_id);

}  // namespace parley
