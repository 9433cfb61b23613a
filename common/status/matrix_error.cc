#include "common/status/matrix_error.h"

#include <absl/strings/cord.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "common/base/strings.h"

namespace parley {
namespace {

constexpr absl::string_view kPayload = "parley.dev/MatrixError";

absl::StatusCode CodeFor(int http_status) {
  switch (http_status) {
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 503:
      return absl::StatusCode::kUnavailable;
  }
  return http_status < 500 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kInternal;
}

MatrixError ForPlainStatus(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return {429, "M_LIMIT_EXCEEDED", "The server is busy, try again", "\"retry_after_ms\":1000"};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
      return {503, "M_UNKNOWN", "The server could not answer in time, try again", ""};
    default:
      return {500, "M_UNKNOWN", "Internal server error", ""};
  }
}

}  // namespace

// Payload: "<http status>\n<errcode>\n<extra json>".
absl::Status ToStatus(const MatrixError& error) {
  absl::Status status(CodeFor(error.http_status), error.message);
  status.SetPayload(
      kPayload, absl::Cord(StrCat(error.http_status, "\n", error.errcode, "\n", error.extra_json)));
  return status;
}

MatrixError FromStatus(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload) return ForPlainStatus(status);
  const std::string text(*payload);
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('\n', 2));
  MatrixError error;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &error.http_status)) return error;
  error.errcode = std::string(parts[1]);
  error.extra_json = std::string(parts[2]);
  error.message = std::string(status.message());
  return error;
}

bool HasErrcode(const absl::Status& status, std::string_view errcode) {
  return !status.ok() && status.GetPayload(kPayload) && FromStatus(status).errcode == errcode;
}

absl::Status Matrix(int http_status, std::string_view errcode, std::string_view message) {
  return ToStatus({http_status, std::string(errcode), std::string(message), ""});
}

absl::Status BadJson(std::string_view message) {
  return Matrix(400, "M_BAD_JSON", message);
}
absl::Status NotJson(std::string_view message) {
  return Matrix(400, "M_NOT_JSON", message);
}
absl::Status InvalidParam(std::string_view message) {
  return Matrix(400, "M_INVALID_PARAM", message);
}
absl::Status MissingParam(std::string_view message) {
  return Matrix(400, "M_MISSING_PARAM", message);
}
absl::Status BadState(std::string_view message) {
  return Matrix(400, "M_BAD_STATE", message);
}
absl::Status TooLarge(std::string_view message) {
  return Matrix(413, "M_TOO_LARGE", message);
}
absl::Status Forbidden(std::string_view message) {
  return Matrix(403, "M_FORBIDDEN", message);
}
absl::Status NotFound(std::string_view message) {
  return Matrix(404, "M_NOT_FOUND", message);
}
absl::Status Unrecognized(std::string_view message) {
  return Matrix(404, "M_UNRECOGNIZED", message);
}

absl::Status UnknownToken(std::string_view message, bool soft_logout) {
  return ToStatus({401, "M_UNKNOWN_TOKEN", std::string(message),
                   soft_logout ? "\"soft_logout\":true" : "\"soft_logout\":false"});
}

absl::Status MissingToken() {
  return Matrix(401, "M_MISSING_TOKEN", "Missing access token");
}

absl::Status LimitExceeded(int64_t retry_after_ms) {
  return ToStatus({429, "M_LIMIT_EXCEEDED", "Too many requests",
                   StrCat("\"retry_after_ms\":", retry_after_ms)});
}

}  // namespace parley
