#include "common/http/body_decoder.h"

#include <algorithm>

#include <absl/strings/ascii.h>

#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::http {
namespace {

constexpr size_t kMaxOverhead = 8 << 10;
constexpr size_t kMaxSizeDigits = 15;

absl::Status BrokenChunk() { return Matrix(400, "M_UNKNOWN", "Malformed chunked body"); }

uint64_t HexValue(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c))
             ? static_cast<uint64_t>(c - '0')
             : static_cast<uint64_t>(absl::ascii_tolower(static_cast<unsigned char>(c)) - 'a' + 10);
}

}  // namespace

absl::StatusOr<size_t> BodyDecoder::Take(std::string_view input, std::string& out) {
  size_t taken = 0;
  while (taken < input.size() && !done()) {
    if (state_ == State::kPlain || state_ == State::kData) {
      taken += TakeData(input.substr(taken), out);
    } else {
      PARLEY_RETURN_IF_ERROR(TakeByte(input[taken++]));
    }
  }
  return taken;
}

size_t BodyDecoder::TakeData(std::string_view input, std::string& out) {
  const size_t size = std::min<uint64_t>(left_, input.size());
  out.append(input.substr(0, size));
  left_ -= size;
  if (left_ == 0) state_ = state_ == State::kPlain ? State::kDone : State::kDataEnd;
  return size;
}

absl::Status BodyDecoder::TakeByte(char c) {
  switch (state_) {
    case State::kSize: return TakeSizeByte(c);
    case State::kExtension: return TakeExtensionByte(c);
    case State::kDataEnd: return TakeDataEndByte(c);
    default: return TakeTrailerByte(c);
  }
}

absl::Status BodyDecoder::TakeSizeByte(char c) {
  if (absl::ascii_isxdigit(static_cast<unsigned char>(c)) && !saw_cr_) {
    if (++digits_ > kMaxSizeDigits) return TooLarge("The request's body is too large");
    left_ = left_ * 16 + HexValue(c);
    return absl::OkStatus();
  }
  if (digits_ == 0) return BrokenChunk();
  if (c == ';' && !saw_cr_) {
    state_ = State::kExtension;
    return absl::OkStatus();
  }
  return EndSizeLine(c);
}

absl::Status BodyDecoder::TakeExtensionByte(char c) {
  if (++overhead_ > kMaxOverhead) return TooLarge("The chunk extensions are too large");
  if (c == '\r' || c == '\n' || saw_cr_) return EndSizeLine(c);
  return absl::OkStatus();
}

absl::Status BodyDecoder::EndSizeLine(char c) {
  if (c == '\r' && !saw_cr_) {
    saw_cr_ = true;
    return absl::OkStatus();
  }
  if (c != '\n' || !saw_cr_) return BrokenChunk();
  if (left_ > limit_) return TooLarge("The request's body is too large");
  limit_ -= left_;
  state_ = left_ == 0 ? State::kTrailer : State::kData;
  saw_cr_ = false;
  digits_ = 0;
  return absl::OkStatus();
}

absl::Status BodyDecoder::TakeDataEndByte(char c) {
  if (c == '\r' && !saw_cr_) {
    saw_cr_ = true;
    return absl::OkStatus();
  }
  if (c != '\n' || !saw_cr_) return BrokenChunk();
  saw_cr_ = false;
  state_ = State::kSize;
  return absl::OkStatus();
}

absl::Status BodyDecoder::TakeTrailerByte(char c) {
  if (++overhead_ > kMaxOverhead) return TooLarge("The trailers are too large");
  if (c == '\r' && !saw_cr_) {
    saw_cr_ = true;
    return absl::OkStatus();
  }
  if (saw_cr_ != (c == '\n')) return BrokenChunk();
  if (c != '\n') {
    ++line_;
    return absl::OkStatus();
  }
  if (line_ == 0) state_ = State::kDone;
  line_ = 0;
  saw_cr_ = false;
  return absl::OkStatus();
}

}  // namespace parley::http
