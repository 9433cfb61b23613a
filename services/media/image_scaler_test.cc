#include "services/media/image_scaler.h"

#include <absl/strings/escaping.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace parley::media {
namespace {

// A GIF of 4x2 red points, and a PNG head that promises 60,000 x 60,000 of them.
std::string SmallGif() {
  return absl::HexStringToBytes(
      "47494638396104000200800000ff000000000021f90400000000002c000000000400020000020284510"
      "03b");
}

std::string Decoded(std::string_view base64) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(Abs(base64), &bytes));
  return bytes;
}

// Black, 64x32.
std::string SmallJpeg() {
  return Decoded(
      "/9j/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8"
      "ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk"
      "pKSkpKSkpKSkpKSkpKT/wAARCAAgAEADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcI"
      "CQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkK"
      "FhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWW"
      "l5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QA"
      "HwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJB"
      "UQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpj"
      "ZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU"
      "1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDmaKKKACiiigAooooAKKKKACiiigAooooA"
      "KKKKACiiigD/2Q==");
}
std::string SmallWebp() {
  return Decoded("UklGRiAAAABXRUJQVlA4TBQAAAAvP8AHAAcQEf0PAAnh/3k1ov+pDw==");
}

void Append32(std::string& out, uint32_t n) {
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(n >> shift));
}

uint32_t Crc(std::string_view bytes) {
  uint32_t crc = 0xffffffff;
  for (const unsigned char c : bytes) {
    crc ^= c;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  }
  return ~crc;
}

std::string Chunk(const std::string& type, const std::string& data) {
  std::string out;
  Append32(out, static_cast<uint32_t>(data.size()));
  out += type + data;
  Append32(out, Crc(type + data));
  return out;
}

uint32_t Adler(std::string_view bytes) {
  uint32_t a = 1, b = 0;
  for (const unsigned char c : bytes) {
    a = (a + c) % 65521;
    b = (b + a) % 65521;
  }
  return b << 16 | a;
}

// Stored blocks, not compressed: at most 65,535 bytes of `raw`.
std::string Zlib(const std::string& raw) {
  std::string out = "\x78\x01\x01";
  const auto n = static_cast<uint16_t>(raw.size());
  for (const uint16_t v : {n, static_cast<uint16_t>(~n)}) {
    out.push_back(static_cast<char>(v & 0xff));
    out.push_back(static_cast<char>(v >> 8));
  }
  out += raw;
  Append32(out, Adler(raw));
  return out;
}

// `channels`: 3, or 4 with transparency.
std::string Png(uint32_t width, uint32_t height, int channels, const std::string& data) {
  std::string head;
  Append32(head, width);
  Append32(head, height);
  head += std::string({8, static_cast<char>(channels == 4 ? 6 : 2), 0, 0, 0});
  return "\x89PNG\r\n\x1a\n" + Chunk("IHDR", head) + Chunk("IDAT", data) + Chunk("IEND", "");
}

std::string WholePng(uint32_t width, uint32_t height, int channels) {
  const std::string line = std::string(1, '\0') + std::string(width * channels, '\x7f');
  std::string raw;
  for (uint32_t y = 0; y < height; ++y) raw += line;
  return Png(width, height, channels, Zlib(raw));
}

uint32_t Be(std::string_view bytes, size_t at, int count) {
  uint32_t n = 0;
  for (int i = 0; i < count; ++i) n = n << 8 | static_cast<unsigned char>(bytes[at + i]);
  return n;
}

// "WxH" of a PNG or JPEG.
std::string SizeOf(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG")) return StrCat(Be(bytes, 16, 4), "x", Be(bytes, 20, 4));
  for (size_t at = 2; at + 9 < bytes.size(); at += 2 + Be(bytes, at + 2, 2)) {
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    if (marker >= 0xc0 && marker <= 0xc2)
      return StrCat(Be(bytes, at + 7, 2), "x", Be(bytes, at + 5, 2));
  }
  return "?";
}

TEST(Scale, FitsAnImageIntoTheSize) {
  const auto scaled = Scale(WholePng(120, 60, 3), {40, 40, false}, {});
  ASSERT_TRUE(scaled.ok()) << scaled.status();
  EXPECT_EQ(scaled->content_type, "image/png");
  EXPECT_EQ(SizeOf(scaled->bytes), "40x20");
}

TEST(Scale, CutsAnImageThatIsToFillTheSize) {
  const auto scaled = Scale(WholePng(120, 60, 3), {40, 40, true}, {});
  ASSERT_TRUE(scaled.ok()) << scaled.status();
  EXPECT_EQ(SizeOf(scaled->bytes), "40x40");
}

TEST(Scale, MakesNothingLarger) {
  const auto scaled = Scale(WholePng(12, 6, 3), {40, 40, false}, {});
  ASSERT_TRUE(scaled.ok()) << scaled.status();
  EXPECT_EQ(SizeOf(scaled->bytes), "12x6");
}

TEST(Scale, KeepsTransparency) {
  const auto scaled = Scale(WholePng(64, 64, 4), {32, 32, false}, {});
  ASSERT_TRUE(scaled.ok()) << scaled.status();
  EXPECT_EQ(scaled->content_type, "image/png");
  EXPECT_EQ(SizeOf(scaled->bytes), "32x32");
}

TEST(Scale, ReadsGif) {
  const auto scaled = Scale(SmallGif(), {32, 32, false}, {});
  ASSERT_TRUE(scaled.ok()) << scaled.status();
  EXPECT_EQ(SizeOf(scaled->bytes), "4x2");
}

TEST(Scale, ReadsJpegAndWebp) {
  for (const std::string& bytes : {SmallJpeg(), SmallWebp()}) {
    const auto scaled = Scale(bytes, {32, 32, false}, {});
    ASSERT_TRUE(scaled.ok()) << scaled.status();
    EXPECT_EQ(scaled->content_type, "image/jpeg");
    EXPECT_EQ(SizeOf(scaled->bytes), "32x16");
  }
}

TEST(Scale, CountsPixelsBeforeItDecodes) {
  const std::string bomb = Png(60'000, 60'000, 3, Zlib(std::string(1000, '\0')));
  EXPECT_TRUE(absl::IsResourceExhausted(Scale(bomb, {32, 32, false}, {}).status()));
}

TEST(Scale, StopsWhatTakesTooLong) {
  const auto scaled = Scale(WholePng(120, 120, 3), {40, 40, false}, {.timeout = -absl::Seconds(1)});
  EXPECT_TRUE(absl::IsResourceExhausted(scaled.status())) << scaled.status();
}

TEST(Scale, RefusesWhatIsNoImageThatItKnows) {
  const std::string png = WholePng(64, 64, 3);
  for (const std::string& bytes :
       {std::string(), std::string("text"),
        std::string("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
        std::string("%PDF-1.4"), std::string("II*\0", 4), png.substr(0, 40),
        std::string("\x89PNG\r\n\x1a\n"), std::string("GIF89a"), std::string("\xff\xd8\xff\xe0")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Scale(bytes, {32, 32, false}, {}).status()))
        << absl::CEscape(bytes.substr(0, 20));
  }
}

}  // namespace
}  // namespace parley::media
