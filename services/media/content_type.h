#pragma once

#include <string>

namespace parley::media {

// The type as it may stand in a header of ours; application/octet-stream for what can't be one.
std::string SafeContentType(const std::string& type);

}  // namespace parley::media
