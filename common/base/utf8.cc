#include "common/base/utf8.h"

#include <cstddef>

namespace parley {
namespace {

struct Lead {
  size_t continuations;
  unsigned char second_min;
  unsigned char second_max;
};

// What may follow a lead byte (Unicode, table 3-7). No continuations: not a lead byte.
Lead LeadOf(unsigned char byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {1, 0x80, 0xbf};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};
  if (byte == 0xed) return {2, 0x80, 0x9f};
  if (byte >= 0xe1 && byte <= 0xef) return {2, 0x80, 0xbf};
  if (byte == 0xf0) return {3, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {3, 0x80, 0xbf};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  return {0, 0, 0};
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  const auto at = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size(); ++i) {
    if (at(i) < 0x80) continue;
    const Lead lead = LeadOf(at(i));
    if (lead.continuations == 0 || text.size() - i <= lead.continuations) return false;
    if (at(i + 1) < lead.second_min || at(i + 1) > lead.second_max) return false;
    for (size_t k = 2; k <= lead.continuations; ++k) {
      if ((at(i + k) & 0xc0) != 0x80) return false;
    }
    i += lead.continuations;
  }
  return true;
}

}  // namespace parley
