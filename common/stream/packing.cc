#include "common/stream/packing.h"

#include <algorithm>
#include <bit>

namespace parley::stream {

void AppendVarint(uint64_t number, std::string& out) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

void AppendPacked(const std::vector<uint64_t>& numbers, std::string& out) {
  if (numbers.empty()) return;
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  const int width = std::bit_width(*most - *least);
  AppendVarint(*least, out);
  out.push_back(static_cast<char>(width));
  const size_t begin = out.size();
  out.resize(begin + (numbers.size() * width + 7) / 8);
  size_t bit = 0;
  for (const uint64_t number : numbers) {
    for (int i = 0; i < width; ++i, ++bit) {
      if ((number - *least) >> i & 1) out[begin + bit / 8] |= static_cast<char>(1 << bit % 8);
    }
  }
}

std::optional<uint8_t> Unpacker::Byte() {
  if (bytes_.empty()) return std::nullopt;
  const auto byte = static_cast<uint8_t>(bytes_.front());
  bytes_.remove_prefix(1);
  return byte;
}

std::optional<uint64_t> Unpacker::Varint() {
  uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto byte = Byte();
    if (!byte) return std::nullopt;
    number |= uint64_t{*byte & 0x7fu} << shift;
    if (*byte < 0x80) return number;
  }
  bytes_ = {};
  return std::nullopt;
}

std::optional<std::vector<uint64_t>> Unpacker::Packed(size_t count) {
  if (count == 0) return std::vector<uint64_t>();
  const auto least = Varint();
  const auto width = Byte();
  if (!least || !width || *width > 64) return std::nullopt;
  const size_t size = (count * *width + 7) / 8;
  if (size > bytes_.size()) return std::nullopt;
  std::vector<uint64_t> numbers(count, *least);
  size_t bit = 0;
  for (uint64_t& number : numbers) {
    uint64_t above = 0;
    for (int i = 0; i < *width; ++i, ++bit) above |= uint64_t(bytes_[bit / 8] >> bit % 8 & 1) << i;
    number += above;
  }
  bytes_.remove_prefix(size);
  return numbers;
}

}  // namespace parley::stream
