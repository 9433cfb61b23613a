#include "common/http/uri.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace parley::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = HexValue(text[i + 1]), low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (!IsValidUtf8(out)) return std::nullopt;
  return out;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::optional<std::vector<std::string>> SplitPath(std::string_view path) {
  if (path.empty() || path[0] != '/') return std::nullopt;
  std::vector<std::string> segments;
  segments.reserve(static_cast<size_t>(std::count(path.begin(), path.end(), '/')));
  for (const absl::string_view part : absl::StrSplit(Abs(path.substr(1)), '/')) {
    auto segment = PercentDecode(Std(part));
    if (!segment) return std::nullopt;
    segments.push_back(*std::move(segment));
  }
  return segments;
}

std::optional<Query> ParseQuery(std::string_view query, size_t max_params) {
  Query params;
  for (const absl::string_view piece : absl::StrSplit(Abs(query), '&', absl::SkipEmpty())) {
    const std::string_view part = Std(piece);
    if (params.size() == max_params) return std::nullopt;
    const size_t equals = part.find('=');
    auto name = PercentDecode(part.substr(0, equals), true);
    auto value = PercentDecode(equals == part.npos ? "" : part.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    params.emplace_back(*std::move(name), *std::move(value));
  }
  return params;
}

}  // namespace parley::http
