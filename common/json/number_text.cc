#include "common/json/number_text.h"

#include <absl/strings/ascii.h>

namespace parley::json {
namespace {

constexpr size_t kMostDigitsOfInt64 = 18;

// The end of the string whose opening quote is at `begin`.
size_t SkipString(std::string_view text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

size_t SkipDigits(std::string_view text, size_t i) {
  while (i < text.size() && absl::ascii_isdigit(text[i])) ++i;
  return i;
}

struct Number {
  size_t end = 0;
  size_t integer_digits = 0;
  bool is_integer = true;
  bool is_valid = true;
};

bool IsNumberChar(char c) {
  return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '+';
}

Number ReadNumber(std::string_view text, size_t begin) {
  Number number;
  size_t i = begin + (text[begin] == '-' ? 1 : 0);
  const size_t integer = i;
  i = SkipDigits(text, i);
  number.integer_digits = i - integer;
  number.is_valid = i > integer && (text[integer] != '0' || i == integer + 1);
  if (i < text.size() && text[i] == '.') {
    number.is_integer = false;
    const size_t fraction = i + 1;
    i = SkipDigits(text, fraction);
    number.is_valid &= i > fraction;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    number.is_integer = false;
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const size_t exponent = i;
    i = SkipDigits(text, exponent);
    number.is_valid &= i > exponent;
  }
  number.is_valid &= i == text.size() || !IsNumberChar(text[i]);
  number.end = i;
  return number;
}

}  // namespace

std::optional<std::string> WithLongIntegersAsDoubles(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    const size_t begin = i;
    bool widen = false;
    if (c == '"') {
      i = SkipString(text, i);
    } else if (c == '-' || absl::ascii_isdigit(c)) {
      const Number number = ReadNumber(text, i);
      if (!number.is_valid) return std::nullopt;
      widen = number.is_integer && number.integer_digits > kMostDigitsOfInt64;
      i = number.end;
    } else {
      ++i;
    }
    out.append(text.substr(begin, i - begin));
    if (widen) out.append("e0");
  }
  return out;
}

}  // namespace parley::json
