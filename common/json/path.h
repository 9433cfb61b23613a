#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json/value.h"

namespace parley::json {

// A dot-separated property path (`content.m\.relates_to.rel_type`) as its names. `\.` and `\\` stand for
// a dot and a backslash, other backslashes for themselves. Specification: Appendices,
// "Dot-separated property paths".
std::vector<std::string> ParsePath(std::string_view path);

// The value at `path` below `object`; null if there is none. An empty path leads nowhere.
const Value* FindAt(const Object& object, const std::vector<std::string>& path);

}  // namespace parley::json
