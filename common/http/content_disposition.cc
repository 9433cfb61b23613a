#include "common/http/content_disposition.h"

#include <algorithm>
#include <optional>

#include <absl/strings/match.h>
#include <absl/strings/strip.h>

#include "common/base/strings.h"
#include "common/base/utf8.h"
#include "common/http/uri.h"

namespace parley::http {
namespace {

constexpr std::string_view kUtf8 = "utf-8'";

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string_view Trimmed(std::string_view text) {
  return Std(absl::StripAsciiWhitespace(Abs(text)));
}

// Takes a quoted string or a token off the front.
std::string TakeValue(std::string_view& text) {
  if (!text.starts_with('"')) {
    const size_t end = std::min(text.find(';'), text.size());
    const std::string token(Trimmed(text.substr(0, end)));
    text.remove_prefix(end);
    return token;
  }
  std::string out;
  size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    out.push_back(text[i]);
  }
  text.remove_prefix(std::min(text.size(), i + 1));
  return out;
}

std::string FromExtended(std::string_view value) {
  if (!absl::StartsWithIgnoreCase(Abs(value), Abs(kUtf8))) return "";
  const size_t quote = value.find('\'', kUtf8.size());
  if (quote == value.npos) return "";
  return PercentDecode(value.substr(quote + 1)).value_or("");
}

}  // namespace

bool IsPlainType(std::string_view type) {
  return !type.empty() &&
         std::all_of(type.begin(), type.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string ContentDisposition(bool is_inline, std::string_view file_name) {
  const std::string type = is_inline ? "inline" : "attachment";
  if (file_name.empty()) return type;
  std::string name(file_name);
  std::replace_if(name.begin(), name.end(), IsControl, '_');
  if (IsAscii(name)) return StrCat(type, "; filename=", Quoted(name));
  return StrCat(type, "; filename*=utf-8''", PercentEncode(name));
}

std::string FileNameOf(std::string_view header) {
  std::string plain, extended;
  while (true) {
    const size_t semicolon = header.find(';');
    if (semicolon == header.npos) break;
    header.remove_prefix(semicolon + 1);
    const size_t equals = header.find('=');
    if (equals == header.npos) break;
    const std::string_view name = Trimmed(header.substr(0, equals));
    header = Std(absl::StripLeadingAsciiWhitespace(Abs(header.substr(equals + 1))));
    const std::string value = TakeValue(header);
    if (absl::EqualsIgnoreCase(Abs(name), "filename")) plain = value;
    if (absl::EqualsIgnoreCase(Abs(name), "filename*")) extended = FromExtended(value);
  }
  const std::string& best = extended.empty() ? plain : extended;
  return IsValidUtf8(best) ? best : "";
}

}  // namespace parley::http
