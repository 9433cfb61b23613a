#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Numbers in few bytes, for tokens.
namespace parley::stream {

// Seven bits a byte, low ones first; the high bit says that more follow.
void AppendVarint(uint64_t number, std::string& out);

// Numbers of similar size: the least as a varint, then the bits that each needs above it.
void AppendPacked(const std::vector<uint64_t>& numbers, std::string& out);

// Reads what the two above wrote. After a failure every further read fails too.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : bytes_(bytes) {}

  std::optional<uint64_t> Varint();
  std::optional<uint8_t> Byte();
  std::optional<std::vector<uint64_t>> Packed(size_t count);
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

}  // namespace parley::stream
