#include "common/crypto/sign.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>
#include <sodium.h>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/status/macros.h"

namespace parley::crypto {
namespace {

constexpr std::string_view kAlgorithm = "ed25519:";

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool IsKeyVersion(std::string_view version) {
  return !version.empty() && std::all_of(version.begin(), version.end(),
                                         [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

std::string NewVersion(Rng& rng) {
  constexpr std::string_view kLetters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  std::string version = "a_";
  for (const char c : rng.Bytes(4)) {
    version.push_back(kLetters[static_cast<unsigned char>(c) % kLetters.size()]);
  }
  return version;
}

}  // namespace

SigningKey::~SigningKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

absl::StatusOr<SigningKey> SigningKey::FromSeed(std::string_view version, std::string_view seed) {
  if (!IsKeyVersion(version)) return absl::InvalidArgumentError("a key version is [a-zA-Z0-9_]+");
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return absl::InvalidArgumentError("an Ed25519 seed has 32 bytes");
  }
  SigningKey key;
  key.id_ = StrCat(kAlgorithm, version);
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key;
  crypto_sign_seed_keypair(public_key.data(), key.secret_.data(), Bytes(seed));
  return key;
}

SigningKey SigningKey::Generate(Rng& rng) {
  return FromSeed(NewVersion(rng), rng.Bytes(crypto_sign_SEEDBYTES)).value();
}

absl::StatusOr<SigningKey> SigningKey::ParseFile(std::string_view text) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  const std::vector<std::string> words = absl::StrSplit(Abs(line), ' ', absl::SkipWhitespace());
  if (words.size() != 3 || words[0] != "ed25519") {
    return absl::InvalidArgumentError("a signing key file holds: ed25519 <version> <seed>");
  }
  const auto seed = DecodeBase64(words[2]);
  if (!seed) return absl::InvalidArgumentError("the signing key's seed is not unpadded base64");
  return FromSeed(words[1], *seed);
}

std::string SigningKey::public_key() const {
  return std::string(reinterpret_cast<const char*>(secret_.data()) + crypto_sign_SEEDBYTES,
                     crypto_sign_PUBLICKEYBYTES);
}

std::string SigningKey::public_key_base64() const {
  return EncodeBase64(public_key());
}

std::string SigningKey::Sign(std::string_view message) const {
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr, Bytes(message),
                       message.size(), secret_.data());
  return signature;
}

std::string SigningKey::ToFile() const {
  const std::string_view seed(reinterpret_cast<const char*>(secret_.data()), crypto_sign_SEEDBYTES);
  const std::string_view version = std::string_view(id_).substr(kAlgorithm.size());
  return StrCat("ed25519 ", version, " ", EncodeBase64(seed), "\n");
}

bool Verify(std::string_view public_key, std::string_view message, std::string_view signature) {
  return public_key.size() == crypto_sign_PUBLICKEYBYTES && signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(Bytes(signature), Bytes(message), message.size(),
                                     Bytes(public_key)) == 0;
}

bool IsEd25519KeyId(std::string_view key_id) {
  return key_id.starts_with(kAlgorithm) && IsKeyVersion(key_id.substr(kAlgorithm.size()));
}

}  // namespace parley::crypto
