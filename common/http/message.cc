#include "common/http/message.h"

#include <absl/strings/match.h>

#include "common/base/strings.h"
#include "common/json/value.h"
#include "common/status/matrix_error.h"

namespace parley::http {
namespace {

// The whole seconds in `extra_json`'s retry_after_ms, rounded up; RFC 9110 10.2.3.
std::string RetryAfterSeconds(std::string_view extra_json) {
  const auto extra = json::ParseObject(StrCat("{", extra_json, "}"));
  const int64_t ms = extra.ok() ? json::IntOr(*extra, "retry_after_ms", 1000) : 1000;
  return StrCat((ms + 999) / 1000);
}

}  // namespace

void Headers::Add(std::string_view name, std::string_view value) {
  const auto at = static_cast<uint32_t>(text_.size());
  const auto name_size = static_cast<uint32_t>(name.size());
  fields_.push_back({at, name_size, at + name_size, static_cast<uint32_t>(value.size())});
  StrAppend(&text_, name, value);
}

std::string_view Headers::Name(const Field& field) const {
  return std::string_view(text_).substr(field.name_at, field.name_size);
}

std::string_view Headers::ValueOf(const Field& field) const {
  return std::string_view(text_).substr(field.value_at, field.value_size);
}

std::string_view Headers::Get(std::string_view name) const {
  for (const Field& field : fields_) {
    if (absl::EqualsIgnoreCase(Abs(Name(field)), Abs(name))) return ValueOf(field);
  }
  return {};
}

size_t Headers::Count(std::string_view name) const {
  size_t count = 0;
  for (const Field& field : fields_) count += absl::EqualsIgnoreCase(Abs(Name(field)), Abs(name));
  return count;
}

std::optional<std::string_view> Request::QueryParam(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

namespace {

// A challenge of user-interactive authentication is no failure, and has no errcode.
std::string ErrorBody(const MatrixError& error) {
  if (error.errcode.empty()) return StrCat("{", error.extra_json, "}");
  return StrCat("{\"errcode\":", json::Quoted(error.errcode), ",\"error\":", json::Quoted(error.message),
                error.extra_json.empty() ? "" : ",", error.extra_json, "}");
}

}  // namespace

Response ErrorResponse(const absl::Status& status) {
  const MatrixError error = FromStatus(status);
  Response response;
  response.status = error.http_status;
  response.body = ErrorBody(error);
  if (error.http_status == 429) {
    response.headers.emplace_back("Retry-After", RetryAfterSeconds(error.extra_json));
  }
  return response;
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 204: return "No Content";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

}  // namespace parley::http
