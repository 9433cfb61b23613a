#pragma once

#include <cstddef>
#include <string_view>

namespace parley::pattern {

// The character of `text` at `position`, which moves behind it. A byte that is no UTF-8 counts as a
// character above all others.
char32_t NextCharacter(std::string_view text, size_t& position);

// Lower case for Latin, Greek and Cyrillic; other characters stay.
char32_t FoldCase(char32_t character);

// [A-Za-z0-9_]
inline bool IsWordCharacter(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace parley::pattern
