#include "common/http/body_decoder.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/status/matrix_error.h"

namespace parley::http {
namespace {

struct Result {
  int status = 200;
  bool done = false;
  size_t taken = 0;
  std::string body;
};

// Feeds `input` in pieces of `step` bytes.
Result Decode(BodyDecoder decoder, std::string_view input, size_t step) {
  Result result;
  while (result.taken < input.size() && !decoder.done()) {
    const auto taken = decoder.Take(input.substr(result.taken, step), result.body);
    if (!taken.ok()) {
      result.status = FromStatus(taken.status()).http_status;
      return result;
    }
    result.taken += *taken;
  }
  result.done = decoder.done();
  return result;
}

TEST(BodyDecoder, TakesABodyOfKnownLengthAndNoMore) {
  for (const size_t step : {1u, 3u, 100u}) {
    const Result result = Decode(BodyDecoder::OfLength(5), "helloGET /", step);
    EXPECT_TRUE(result.done);
    EXPECT_EQ(result.body, "hello");
    EXPECT_EQ(result.taken, 5u);
  }
  EXPECT_TRUE(BodyDecoder::OfLength(0).done());
}

TEST(BodyDecoder, JoinsChunksHoweverTheyArrive) {
  constexpr std::string_view kInput = "5;x=y\r\nhello\r\n00a\r\n, 12345678\r\n0\r\nTrailer: a\r\n\r\nGET /";
  for (const size_t step : {1u, 2u, 7u, 100u}) {
    const Result result = Decode(BodyDecoder::Chunked(100), kInput, step);
    EXPECT_TRUE(result.done);
    EXPECT_EQ(result.body, "hello, 12345678");
    EXPECT_EQ(result.taken, kInput.size() - 5);
  }
}

TEST(BodyDecoder, RefusesBrokenChunks) {
  for (const char* input : {"zz\r\n", "-1\r\n", "+2\r\n", "0x2\r\n", "\r\n", "2\n{}", "2\r\n{}0\r\n", "2\r\r\n", "2;a\n{}", "2 \r\n{}\r\n",
                            "0\r\na\n\r\n"}) {
    EXPECT_EQ(Decode(BodyDecoder::Chunked(100), input, 100).status, 400) << input;
  }
}

TEST(BodyDecoder, RefusesMoreThanTheLimitBeforeReadingIt) {
  EXPECT_EQ(Decode(BodyDecoder::Chunked(10), "b\r\n", 100).status, 413);
  EXPECT_EQ(Decode(BodyDecoder::Chunked(10), "6\r\n123456\r\n5\r\n", 100).status, 413);
  EXPECT_EQ(Decode(BodyDecoder::Chunked(10), "7FFFFFFFFFFFFFFF\r\n", 100).status, 413);
  EXPECT_EQ(Decode(BodyDecoder::Chunked(10), "FFFFFFFFFFFFFFFFF\r\n", 100).status, 413);
}

TEST(BodyDecoder, BoundsExtensionsAndTrailers) {
  EXPECT_EQ(Decode(BodyDecoder::Chunked(10), StrCat("2;", std::string(9000, 'a')), 100).status, 413);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 2000; ++i) StrAppend(&trailers, "X-", i, ": a\r\n");
  EXPECT_EQ(Decode(BodyDecoder::Chunked(10), trailers, 100).status, 413);
}

}  // namespace
}  // namespace parley::http
