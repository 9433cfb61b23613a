#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

// The body of a request, taken out of the bytes as they come. RFC 9112 6 and 7. Pure: no sockets.
namespace parley::http {

class BodyDecoder {
 public:
  // A body of known length.
  static BodyDecoder OfLength(uint64_t length) { return BodyDecoder(State::kPlain, length, length); }
  // A chunked body of at most `limit` bytes. Extensions and trailers are read over, within small bounds.
  static BodyDecoder Chunked(uint64_t limit) { return BodyDecoder(State::kSize, 0, limit); }

  // Takes what it can from `input` and appends content to `out`; returns how many bytes it took. All are taken unless
  // the body ends before. M_TOO_LARGE (413), or 400 for broken chunks: then the connection must close.
  absl::StatusOr<size_t> Take(std::string_view input, std::string& out);

  bool done() const { return state_ == State::kDone; }

 private:
  enum class State { kPlain, kSize, kExtension, kData, kDataEnd, kTrailer, kDone };

  BodyDecoder(State state, uint64_t left, uint64_t limit)
      : state_(left == 0 && state == State::kPlain ? State::kDone : state), left_(left), limit_(limit) {}

  size_t TakeData(std::string_view input, std::string& out);
  absl::Status TakeSizeByte(char c);
  absl::Status TakeExtensionByte(char c);
  absl::Status EndSizeLine(char c);
  absl::Status TakeDataEndByte(char c);
  absl::Status TakeTrailerByte(char c);
  absl::Status TakeByte(char c);

  State state_;
  uint64_t left_;   // of the body or of this chunk
  uint64_t limit_;  // content bytes that may still come
  size_t digits_ = 0;
  size_t overhead_ = 0;     // bytes of extensions and trailers so far
  size_t line_ = 0;         // bytes of this trailer line
  bool saw_cr_ = false;
};

}  // namespace parley::http
