#pragma once

#include <optional>
#include <string>
#include <string_view>

// Unpadded base64. Specification: Appendices, "Unpadded Base64".
namespace parley::crypto {

std::string EncodeBase64(std::string_view bytes);
std::string EncodeBase64Url(std::string_view bytes);

// Nothing for text with padding, white space, a foreign character or an impossible length. Bits of the
// last character that belong to no byte are ignored: the specification's own test key has some set.
std::optional<std::string> DecodeBase64(std::string_view text);
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace parley::crypto
