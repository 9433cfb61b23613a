#include "common/pattern/characters.h"

#include <cstdint>

namespace parley::pattern {
namespace {

constexpr char32_t kInvalidByte = 0x110000;

bool IsBetween(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

// How many bytes follow a lead byte; negative for a byte that leads nothing.
int ContinuationsOf(unsigned char byte) {
  if (byte < 0x80) return 0;
  if (byte >= 0xc2 && byte < 0xe0) return 1;
  if (byte >= 0xe0 && byte < 0xf0) return 2;
  if (byte >= 0xf0 && byte < 0xf5) return 3;
  return -1;
}

// Scripts in which upper and lower case take turns: even code points are upper case.
bool IsAlternating(char32_t c) {
  return IsBetween(c, 0x100, 0x137) || IsBetween(c, 0x14a, 0x177) || IsBetween(c, 0x460, 0x481) ||
         IsBetween(c, 0x48a, 0x4bf) || IsBetween(c, 0x4d0, 0x52f) || IsBetween(c, 0x1e00, 0x1e95) ||
         IsBetween(c, 0x1ea0, 0x1eff);
}

}  // namespace

char32_t NextCharacter(std::string_view text, size_t& position) {
  const auto lead = static_cast<unsigned char>(text[position++]);
  if (lead < 0x80) return lead;
  const int continuations = ContinuationsOf(lead);
  if (continuations < 0 || text.size() - position < static_cast<size_t>(continuations)) {
    return kInvalidByte + lead;
  }
  char32_t character = lead & (0x3f >> continuations);
  for (int i = 0; i < continuations; ++i) {
    const auto byte = static_cast<unsigned char>(text[position + static_cast<size_t>(i)]);
    if ((byte & 0xc0) != 0x80) return kInvalidByte + lead;
    character = (character << 6) | (byte & 0x3f);
  }
  position += static_cast<size_t>(continuations);
  return character;
}

char32_t FoldCase(char32_t c) {
  if (c < 0x80) return IsBetween(c, 'A', 'Z') ? c + 32 : c;
  if (IsBetween(c, 0xc0, 0xde) && c != 0xd7) return c + 32;
  if (IsAlternating(c)) return c | 1;
  if (IsBetween(c, 0x139, 0x148) || IsBetween(c, 0x179, 0x17e)) return c % 2 == 1 ? c + 1 : c;
  if (IsBetween(c, 0x391, 0x3ab) && c != 0x3a2) return c + 32;
  if (IsBetween(c, 0x410, 0x42f)) return c + 32;
  if (IsBetween(c, 0x400, 0x40f)) return c + 80;
  return c;
}

}  // namespace parley::pattern
