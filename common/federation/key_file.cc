#include "common/federation/key_file.h"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/crypto/base64.h"
#include "common/crypto/sign.h"

namespace parley::federation {
namespace {

constexpr size_t kPublicKeyBytes = 32;
constexpr absl::string_view kAlgorithm = "ed25519";

bool ReadLine(absl::string_view line, PublishedKey& key) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipWhitespace());
  int64_t expired_ms = 0;
  if (words.size() != 4 || words[0] != kAlgorithm || !absl::SimpleAtoi(words[3], &expired_ms)) {
    return false;
  }
  key.key_id = StrCat(words[0], ":", words[1]);
  key.expired_ms = expired_ms;
  auto bytes = crypto::DecodeBase64(words[2]);
  if (!bytes || bytes->size() != kPublicKeyBytes) return false;
  key.public_key = *std::move(bytes);
  return crypto::IsEd25519KeyId(key.key_id);
}

}  // namespace

std::string OldKeysPath(std::string_view signing_key_path) {
  return StrCat(signing_key_path, ".old");
}

absl::StatusOr<std::vector<PublishedKey>> ParseOldKeys(std::string_view text) {
  std::vector<PublishedKey> keys;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(Abs(text), '\n')) {
    ++number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    if (!ReadLine(line, keys.emplace_back())) {
      return absl::InvalidArgumentError(StrCat("line ", number, " of the old signing keys is no key"));
    }
  }
  return keys;
}

std::string FormatOldKey(const PublishedKey& key) {
  const std::string_view version = std::string_view(key.key_id).substr(kAlgorithm.size() + 1);
  return StrCat(Std(kAlgorithm), " ", version, " ", crypto::EncodeBase64(key.public_key), " ",
                key.expired_ms.value_or(0), "\n");
}

}  // namespace parley::federation
