#include "common/crypto/password.h"

#include <sodium.h>

#include "common/base/rng.h"

namespace parley::crypto {
namespace {

std::string RandomPassword() {
  return Rng::System().Bytes(16);
}

}  // namespace

PasswordHasher::PasswordHasher(PasswordCost cost)
    : cost_(cost), nobodys_hash_(Hash(RandomPassword()).value_or("")) {}

absl::StatusOr<std::string> PasswordHasher::Hash(std::string_view password) const {
  char out[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(out, password.data(), password.size(), cost_.operations,
                            cost_.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::ResourceExhaustedError("no memory to hash a password");
  }
  return std::string(out);
}

bool PasswordHasher::Verify(std::string_view password,
                            const std::optional<std::string>& hash) const {
  const std::string& against = hash ? *hash : nobodys_hash_;
  const bool matches =
      crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
  return matches && hash.has_value();
}

bool PasswordHasher::IsOutdated(const std::string& hash) const {
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost_.operations, cost_.memory_bytes) != 0;
}

}  // namespace parley::crypto
