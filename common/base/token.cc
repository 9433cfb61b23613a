#include "common/base/token.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <sodium.h>

#include "common/base/strings.h"

namespace parley {
namespace {

constexpr size_t kMaxBytes = 255;
constexpr size_t kMinRandomChars = 22;  // 128 bits

std::string UrlSafeBase64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string out(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  out.pop_back();  // the terminating NUL
  return out;
}

bool IsUrlSafe(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

std::optional<Partition> ParsePartition(std::string_view digits) {
  Partition partition = 0;
  const bool is_canonical = !digits.empty() && (digits == "0" || digits[0] != '0') &&
                            std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit);
  if (!is_canonical || !absl::SimpleAtoi(Abs(digits), &partition)) return std::nullopt;
  return partition;
}

}  // namespace

std::string MakeToken(std::string_view kind, Partition partition, size_t bytes, Rng& rng) {
  return StrCat(kind, "_", partition, "_", UrlSafeBase64(rng.Bytes(bytes)));
}

std::optional<Partition> TokenPartition(std::string_view kind, std::string_view token,
                                        uint32_t partitions) {
  const bool is_of_kind = token.starts_with(kind) && token.substr(kind.size()).starts_with('_');
  return is_of_kind ? TokenPartition(token, partitions) : std::nullopt;
}

std::optional<Partition> TokenPartition(std::string_view token, uint32_t partitions) {
  const size_t begin = token.find('_');
  const size_t end = token.find('_', begin + 1);
  if (token.size() > kMaxBytes || begin == token.npos || end == token.npos) return std::nullopt;
  const std::string_view random = token.substr(end + 1);
  if (random.size() < kMinRandomChars || !IsUrlSafe(random)) return std::nullopt;
  const std::optional<Partition> partition = ParsePartition(token.substr(begin + 1, end - begin - 1));
  return partition && *partition < partitions ? partition : std::nullopt;
}

}  // namespace parley
