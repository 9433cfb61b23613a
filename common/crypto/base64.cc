#include "common/crypto/base64.h"

#include <array>
#include <cstdint>

namespace parley::crypto {
namespace {

using Values = std::array<int8_t, 256>;

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr Values ValuesOf(std::string_view alphabet) {
  Values values{};
  for (int8_t& value : values) value = -1;
  for (size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
  }
  return values;
}

std::string Encode(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) out.push_back(alphabet[(bits >> (count - 6)) & 63]);
  }
  if (count > 0) out.push_back(alphabet[(bits << (6 - count)) & 63]);
  return out;
}

std::optional<std::string> Decode(std::string_view text, const Values& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count));
  }
  return out;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  return Encode(bytes, kStandard);
}
std::string EncodeBase64Url(std::string_view bytes) {
  return Encode(bytes, kUrlSafe);
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  static constexpr Values kValues = ValuesOf(kStandard);
  return Decode(text, kValues);
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  static constexpr Values kValues = ValuesOf(kUrlSafe);
  return Decode(text, kValues);
}

}  // namespace parley::crypto
