#include "services/media/multipart.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/strip.h>

#include "common/base/strings.h"
#include "common/json/value.h"
#include "common/status/macros.h"

namespace parley::media {
namespace {

constexpr std::string_view kMixed = "multipart/mixed";
constexpr std::string_view kBreak = "\r\n";
constexpr size_t kMaxBoundary = 70;
constexpr size_t kMaxHeaderBytes = 16 << 10;

absl::Status Wrong(std::string_view what) {
  return absl::InvalidArgumentError(StrCat("not a media answer: ", what));
}

std::string_view Trimmed(std::string_view text) {
  return Std(absl::StripAsciiWhitespace(Abs(text)));
}

bool IsBoundaryChar(char c) {
  constexpr std::string_view kOthers = "'()+_,-./:=? ";
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kOthers.find(c) != kOthers.npos;
}

std::optional<std::string> BoundaryOf(std::string_view content_type) {
  size_t at = content_type.find(';');
  if (!absl::EqualsIgnoreCase(Abs(Trimmed(content_type.substr(0, at))), Abs(kMixed)))
    return std::nullopt;
  while (at != content_type.npos) {
    const size_t end = content_type.find(';', at + 1);
    const std::string_view parameter = Trimmed(content_type.substr(at + 1, end - at - 1));
    at = end;
    constexpr std::string_view kName = "boundary=";
    if (!absl::StartsWithIgnoreCase(Abs(parameter), Abs(kName))) continue;
    std::string_view value = parameter.substr(kName.size());
    if (value.size() > 1 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    const bool is_good = !value.empty() && value.size() <= kMaxBoundary && value.back() != ' ' &&
                         std::all_of(value.begin(), value.end(), IsBoundaryChar);
    return is_good ? std::optional(std::string(value)) : std::nullopt;
  }
  return std::nullopt;
}

// What stands between delimiters. Nothing before the first one, nothing behind the last.
absl::StatusOr<std::vector<std::string_view>> Split(std::string_view body,
                                                    const std::string& boundary) {
  const std::string first = StrCat("--", boundary);
  if (body.starts_with(kBreak)) body.remove_prefix(kBreak.size());
  if (!body.starts_with(first)) return Wrong("it does not begin with its boundary");
  body.remove_prefix(first.size());
  const std::string delimiter = StrCat(kBreak, first);
  std::vector<std::string_view> parts;
  while (!body.starts_with("--")) {
    if (!body.starts_with(kBreak)) return Wrong("something stands behind a boundary");
    if (parts.size() == 2) return Wrong("it has more than two parts");
    body.remove_prefix(kBreak.size());
    // A part without headers and bytes ends with the break of its own line.
    const size_t end = body.find(delimiter);
    if (end == body.npos) return Wrong("its last part has no end");
    parts.push_back(body.substr(0, end));
    body.remove_prefix(end + delimiter.size());
  }
  const std::string_view rest = body.substr(2);
  if (!rest.empty() && rest != kBreak) return Wrong("something stands behind its end");
  return parts;
}

absl::Status TakeHeader(std::string_view line, MediaPart& part) {
  const size_t colon = line.find(':');
  if (colon == line.npos || colon == 0) return Wrong("a header is none");
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t')
      return Wrong("a header has control characters");
  }
  const auto is = [name = line.substr(0, colon)](std::string_view other) {
    return absl::EqualsIgnoreCase(Abs(name), Abs(other));
  };
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (is("Content-Transfer-Encoding") && !absl::EqualsIgnoreCase(Abs(value), "binary") &&
      !absl::EqualsIgnoreCase(Abs(value), "8bit") && !absl::EqualsIgnoreCase(Abs(value), "7bit"))
    return Wrong("a part is encoded");
  std::string* field = is("Content-Type")          ? &part.content_type
                       : is("Content-Disposition") ? &part.content_disposition
                       : is("Location")            ? &part.location
                                                   : nullptr;
  if (field == nullptr) return absl::OkStatus();
  if (!field->empty()) return Wrong("a header comes twice");
  *field = value;
  return absl::OkStatus();
}

absl::StatusOr<MediaPart> ParsePart(std::string_view text) {
  MediaPart part;
  size_t taken = 0;
  while (!text.starts_with(kBreak)) {
    const size_t end = text.find(kBreak);
    if (end == text.npos) return Wrong("the headers of a part have no end");
    taken += end;
    if (taken > kMaxHeaderBytes) return Wrong("the headers of a part are too long");
    PARLEY_RETURN_IF_ERROR(TakeHeader(text.substr(0, end), part));
    text.remove_prefix(end + kBreak.size());
  }
  part.bytes = text.substr(kBreak.size());
  return part;
}

}  // namespace

absl::StatusOr<MediaPart> ParseMediaAnswer(std::string_view content_type, std::string_view body) {
  const auto boundary = BoundaryOf(content_type);
  if (!boundary) return Wrong("its Content-Type is not multipart/mixed with a boundary");
  PARLEY_TRY(const auto parts, Split(body, *boundary));
  if (parts.size() != 2) return Wrong("it has no two parts");
  PARLEY_TRY(const MediaPart about, ParsePart(parts[0]));
  if (!json::ParseObject(about.bytes).ok()) return Wrong("its first part is no JSON object");
  return ParsePart(parts[1]);
}

}  // namespace parley::media
