#include "common/http/head_parser.h"

#include <algorithm>

#include <absl/strings/ascii.h>
#include <absl/strings/match.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"
#include "common/http/uri.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"

namespace parley::http {
namespace {

absl::Status Malformed(std::string_view what) { return Matrix(400, "M_UNKNOWN", what); }

// RFC 9110 5.6.2.
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != kMarks.npos;
  });
}

bool IsFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  });
}

bool IsTarget(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '#';
  });
}

bool IsHost(std::string_view text) {
  constexpr std::string_view kMarks = "-._~:[]%!$&'()*+,;=";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || kMarks.find(c) != kMarks.npos;
  });
}

std::string_view TrimOws(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next line off `text`; nothing when it does not end in CRLF or holds a bare CR or LF.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == text.npos || end == 0 || text[end - 1] != '\r') return std::nullopt;
  const std::string_view line = text.substr(0, end - 1);
  if (line.find('\r') != line.npos) return std::nullopt;
  text.remove_prefix(end + 1);
  return line;
}

// The absolute form (RFC 9112 3.2.2) without scheme and authority.
std::string_view OriginForm(std::string_view target) {
  if (!target.starts_with("http://") && !target.starts_with("https://")) return target;
  const size_t slash = target.find('/', target.find("//") + 2);
  return slash == target.npos ? "/" : target.substr(slash);
}

absl::Status ReadTarget(std::string_view target, const HeadLimits& limits, Request& request) {
  if (!IsTarget(target)) return Malformed("Malformed request target");
  if (target == "*" && request.method == "OPTIONS") {
    request.path = "*";
    return absl::OkStatus();
  }
  target = OriginForm(target);
  const size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != target.npos) request.raw_query = target.substr(mark + 1);
  auto segments = SplitPath(request.path);
  if (!segments) return Malformed("Malformed path");
  request.segments = *std::move(segments);
  auto query = ParseQuery(request.raw_query, limits.max_query_params);
  if (!query) return Malformed("Malformed query");
  request.query = *std::move(query);
  return absl::OkStatus();
}

absl::Status ReadRequestLine(std::string_view line, const HeadLimits& limits, Head& head) {
  const size_t first = line.find(' '), last = line.rfind(' ');
  if (first == last) return Malformed("Malformed request line");
  const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
  if (!IsToken(method) || !version.starts_with("HTTP/")) return Malformed("Malformed request line");
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return Matrix(505, "M_UNKNOWN", "HTTP version not supported");
  head.keep_alive = version == "HTTP/1.1";
  head.request.method = method;
  return ReadTarget(line.substr(first + 1, last - first - 1), limits, head.request);
}

absl::Status ReadField(std::string_view line, Headers& headers) {
  const size_t colon = line.find(':');
  if (colon == line.npos || !IsToken(line.substr(0, colon))) return Malformed("Malformed header");
  const std::string_view value = TrimOws(line.substr(colon + 1));
  if (!IsFieldValue(value)) return Malformed("Malformed header");
  headers.Add(line.substr(0, colon), value);
  return absl::OkStatus();
}

absl::Status ReadFields(std::string_view text, const HeadLimits& limits, Headers& headers) {
  while (true) {
    const auto line = TakeLine(text);
    if (!line) return Malformed("Malformed header");
    if (line->empty()) return absl::OkStatus();
    if (headers.size() == limits.max_headers) return Matrix(431, "M_UNKNOWN", "Too many headers");
    PARLEY_RETURN_IF_ERROR(ReadField(*line, headers));
  }
}

absl::Status CheckHost(const Headers& headers, bool required) {
  const size_t count = headers.Count("Host");
  if (count > 1 || (required && count == 0)) return Malformed("One Host header is needed");
  return IsHost(headers.Get("Host")) ? absl::OkStatus() : Malformed("Malformed Host");
}

absl::Status ReadContentLength(const Headers& headers, Head& head) {
  if (headers.Count("Content-Length") > 1) return Malformed("Several Content-Lengths");
  const std::string_view text = headers.Get("Content-Length");
  uint64_t length = 0;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(Abs(text), &length)) return Malformed("Malformed Content-Length");
  head.content_length = length;
  return absl::OkStatus();
}

absl::Status ReadFraming(const Headers& headers, bool http11, Head& head) {
  const size_t encodings = headers.Count("Transfer-Encoding");
  const bool has_length = headers.Count("Content-Length") > 0;
  if (encodings == 0) return has_length ? ReadContentLength(headers, head) : absl::OkStatus();
  if (encodings > 1 || has_length || !http11) return Malformed("Ambiguous body length");
  if (!absl::EqualsIgnoreCase(Abs(headers.Get("Transfer-Encoding")), "chunked")) {
    return Matrix(501, "M_UNKNOWN", "Unknown transfer coding");
  }
  head.chunked = true;
  return absl::OkStatus();
}

absl::Status ReadExpectation(const Headers& headers, Head& head) {
  const std::string_view expect = headers.Get("Expect");
  if (expect.empty()) return absl::OkStatus();
  head.expects_continue = absl::EqualsIgnoreCase(Abs(expect), "100-continue");
  return head.expects_continue ? absl::OkStatus() : Matrix(417, "M_UNKNOWN", "Unknown expectation");
}

// "HTTP/1.1 200 OK"; the reason may be empty.
absl::Status ReadStatusLine(std::string_view line, Head& head, int& status) {
  const bool http11 = line.starts_with("HTTP/1.1 ");
  if (!http11 && !line.starts_with("HTTP/1.0 ")) return Malformed("Malformed status line");
  const std::string_view code = line.substr(9, 3), rest = line.substr(std::min<size_t>(line.size(), 12));
  const bool digits = code.size() == 3 && std::all_of(code.begin(), code.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(Abs(code), &status) || status < 100 || !(rest.empty() || rest[0] == ' ')) {
    return Malformed("Malformed status line");
  }
  head.keep_alive = http11;
  return absl::OkStatus();
}

bool AsksToClose(const Headers& headers) {
  for (const absl::string_view option : absl::StrSplit(Abs(headers.Get("Connection")), ',')) {
    if (absl::EqualsIgnoreCase(Abs(TrimOws(Std(option))), "close")) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::optional<size_t>> FindHeadEnd(std::string_view input, const HeadLimits& limits) {
  if (!input.empty() && !IsToken(input.substr(0, 1))) return Malformed("This is not HTTP");
  const std::string_view seen = input.substr(0, limits.max_bytes);
  size_t lines = 0;
  for (size_t at = seen.find('\n'); at != seen.npos; at = seen.find('\n', at + 1)) {
    if (seen[at - 1] != '\r') return Malformed("Malformed header");
    if (at >= 3 && seen[at - 2] == '\n') return at + 1;
    ++lines;
  }
  if (input.size() < limits.max_bytes) return std::nullopt;
  return lines > 0 ? Matrix(431, "M_UNKNOWN", "The request's headers are too large")
                   : Matrix(414, "M_UNKNOWN", "The request line is too long");
}

absl::StatusOr<Head> ParseHead(std::string_view text, const HeadLimits& limits) {
  Head head;
  const auto line = TakeLine(text);
  if (!line) return Malformed("Malformed request line");
  PARLEY_RETURN_IF_ERROR(ReadRequestLine(*line, limits, head));
  Headers& headers = head.request.headers;
  PARLEY_RETURN_IF_ERROR(ReadFields(text, limits, headers));
  const bool http11 = head.keep_alive;
  PARLEY_RETURN_IF_ERROR(CheckHost(headers, http11));
  PARLEY_RETURN_IF_ERROR(ReadFraming(headers, http11, head));
  PARLEY_RETURN_IF_ERROR(ReadExpectation(headers, head));
  if (AsksToClose(headers)) head.keep_alive = false;
  return head;
}

absl::StatusOr<ResponseHead> ParseResponseHead(std::string_view text, const HeadLimits& limits) {
  Head head;
  int status = 0;
  const auto line = TakeLine(text);
  if (!line) return Malformed("Malformed status line");
  PARLEY_RETURN_IF_ERROR(ReadStatusLine(*line, head, status));
  Headers& headers = head.request.headers;
  PARLEY_RETURN_IF_ERROR(ReadFields(text, limits, headers));
  PARLEY_RETURN_IF_ERROR(ReadFraming(headers, head.keep_alive, head));
  const bool keep_alive = head.keep_alive && !AsksToClose(headers);
  return ResponseHead{status, std::move(headers), keep_alive, head.chunked, head.content_length};
}

}  // namespace parley::http
