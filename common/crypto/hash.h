#pragma once

#include <string>
#include <string_view>

// Digests are raw bytes. Threads: all functions are safe from any.
namespace parley::crypto {

std::string Sha256(std::string_view bytes);                                // 32 bytes
std::string HmacSha256(std::string_view key, std::string_view bytes);      // 32 bytes
// For TURN's time-limited credentials and shared-secret registration, which ask for SHA-1; nothing else.
std::string HmacSha1(std::string_view key, std::string_view bytes);        // 20 bytes

// Lower case.
std::string EncodeHex(std::string_view bytes);

// True if equal; the time taken depends on the lengths only.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace parley::crypto
