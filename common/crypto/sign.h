#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "common/base/rng.h"

namespace parley::crypto {

// An Ed25519 key that signs, and its id ("ed25519:a_XXXX"). A value; wiped when it goes. Threads: safe
// to sign from any.
class SigningKey {
 public:
  // `version` is what follows "ed25519:" in the id. `seed` must have 32 bytes.
  static absl::StatusOr<SigningKey> FromSeed(std::string_view version, std::string_view seed);
  // A new key with a new version, "a_" and four random characters.
  static SigningKey Generate(Rng& rng);
  // The first line of a signing key file: "ed25519 <version> <seed in unpadded base64>".
  static absl::StatusOr<SigningKey> ParseFile(std::string_view text);

  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
  ~SigningKey();

  const std::string& id() const { return id_; }
  std::string public_key() const;         // 32 raw bytes
  std::string public_key_base64() const;  // the same, unpadded
  // 64 raw bytes.
  std::string Sign(std::string_view message) const;
  // What ParseFile reads, with a newline. A secret.
  std::string ToFile() const;

 private:
  SigningKey() = default;

  std::string id_;
  std::array<unsigned char, 64> secret_{};
};

// True if `signature` (64 raw bytes) over `message` is by `public_key` (32 raw bytes). False too for
// sizes that can't be.
bool Verify(std::string_view public_key, std::string_view message, std::string_view signature);

// True for "ed25519:" and a version of [a-zA-Z0-9_]+.
bool IsEd25519KeyId(std::string_view key_id);

}  // namespace parley::crypto
