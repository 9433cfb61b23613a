#pragma once

#include <string_view>

namespace parley {

// True for well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

}  // namespace parley
