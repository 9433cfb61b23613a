#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/rng.h"

// What is kept where others may look: encrypted and authenticated with a key that stands elsewhere
// (XSalsa20-Poly1305).
namespace parley::crypto {

inline constexpr size_t kSealKeyBytes = 32;

// `key` has kSealKeyBytes.
std::string Seal(std::string_view text, std::string_view key, Rng& rng);
// Nothing for what was not sealed with this key, or was changed since.
std::optional<std::string> Unseal(std::string_view sealed, std::string_view key);

}  // namespace parley::crypto
