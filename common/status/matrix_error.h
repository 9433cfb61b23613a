#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>

// A Matrix error is an absl::Status with a payload: the specification's errcode, the HTTP status and,
// where an error has more fields than `errcode` and `error`, those as JSON. Logic makes one by name
// (`return Forbidden("you are not in this room")`); only the gateway turns it into HTTP.
// Client-server API, "Standard error response".
namespace parley {

struct MatrixError {
  int http_status = 500;
  std::string errcode = "M_UNKNOWN";
  std::string message;
  // Further members of the error object, as the inside of a JSON object without braces
  // (`"retry_after_ms":2000`); empty for most errors.
  std::string extra_json;
};

// The status that carries `error`. Its absl code follows from the HTTP status.
absl::Status ToStatus(const MatrixError& error);

// The Matrix error inside `status`. A status that carries none (a dependency failed, a bug) becomes
// 500 M_UNKNOWN, or 503 when it is Unavailable or DeadlineExceeded, 429 when ResourceExhausted;
// its message is not shown to clients.
MatrixError FromStatus(const absl::Status& status);

// True when `status` carries a Matrix error with this errcode.
bool HasErrcode(const absl::Status& status, std::string_view errcode);

absl::Status Matrix(int http_status, std::string_view errcode, std::string_view message);

absl::Status BadJson(std::string_view message);           // 400 M_BAD_JSON
absl::Status NotJson(std::string_view message);           // 400 M_NOT_JSON
absl::Status InvalidParam(std::string_view message);      // 400 M_INVALID_PARAM
absl::Status MissingParam(std::string_view message);      // 400 M_MISSING_PARAM
absl::Status BadState(std::string_view message);          // 400 M_BAD_STATE
absl::Status TooLarge(std::string_view message);          // 413 M_TOO_LARGE
absl::Status Forbidden(std::string_view message);         // 403 M_FORBIDDEN
absl::Status NotFound(std::string_view message);          // 404 M_NOT_FOUND
absl::Status Unrecognized(std::string_view message);      // 404 M_UNRECOGNIZED
absl::Status UnknownToken(std::string_view message, bool soft_logout = false);  // 401
absl::Status MissingToken();                              // 401 M_MISSING_TOKEN
absl::Status LimitExceeded(int64_t retry_after_ms);       // 429 M_LIMIT_EXCEEDED

}  // namespace parley
