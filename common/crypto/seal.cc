#include "common/crypto/seal.h"

#include <sodium.h>

namespace parley::crypto {
namespace {

static_assert(kSealKeyBytes == crypto_secretbox_KEYBYTES);
constexpr size_t kNonceBytes = crypto_secretbox_NONCEBYTES;
constexpr size_t kOverhead = kNonceBytes + crypto_secretbox_MACBYTES;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text, size_t offset) {
  return reinterpret_cast<unsigned char*>(text.data()) + offset;
}

}  // namespace

// The nonce stands before the box.
std::string Seal(std::string_view text, std::string_view key, Rng& rng) {
  std::string sealed = rng.Bytes(kNonceBytes);
  sealed.resize(kOverhead + text.size());
  crypto_secretbox_easy(Bytes(sealed, kNonceBytes), Bytes(text), text.size(), Bytes(sealed),
                        Bytes(key));
  return sealed;
}

std::optional<std::string> Unseal(std::string_view sealed, std::string_view key) {
  if (sealed.size() < kOverhead || key.size() != kSealKeyBytes) return std::nullopt;
  std::string text(sealed.size() - kOverhead, '\0');
  const std::string_view box = sealed.substr(kNonceBytes);
  const bool is_ours = crypto_secretbox_open_easy(Bytes(text, 0), Bytes(box), box.size(),
                                                  Bytes(sealed), Bytes(key)) == 0;
  return is_ours ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace parley::crypto
