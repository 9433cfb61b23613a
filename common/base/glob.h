#pragma once

#include <string_view>

namespace parley {

// Whether all of `text` matches `pattern`, in which '*' stands for any bytes and '?' for one; letters A–Z match in either
// case. Time is at most the product of both lengths, whatever the pattern.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace parley
